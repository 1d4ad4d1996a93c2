// Lists the texts that can be seen and have less contrast to what is behind them than WCAG 2.1 asks for (AA: 4.5).
const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
const pixel = (color) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = color;
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
  return { channels: [red, green, blue], alpha: alpha / 255 };
};
const over = (front, back) => front.channels.map((value, i) => value * front.alpha + back[i] * (1 - front.alpha));
const background = (node) => (node ? over(pixel(getComputedStyle(node).backgroundColor), background(node.parentElement)) : [255, 255, 255]);
const luminance = (channels) => {
  const [red, green, blue] = channels.map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const contrast = (node) => {
  const back = background(node);
  const pair = [luminance(over(pixel(getComputedStyle(node).color), back)), luminance(back)].sort((a, b) => b - a);
  return (pair[0] + 0.05) / (pair[1] + 0.05);
};
return Array.from(document.body.querySelectorAll('*'))
    .filter((node) => node.checkVisibility() && getComputedStyle(node).opacity !== '0')
    .filter((node) => Array.from(node.childNodes).some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim()))
    .filter((node) => contrast(node) < 4.5)
    .map((node) => `${contrast(node).toFixed(2)} ${node.outerHTML.slice(0, 120)}`);
