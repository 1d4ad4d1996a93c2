INSERT INTO note (text) VALUES ('half'); INSERT INTO nowhere VALUES (1);
