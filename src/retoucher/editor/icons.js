/** Icons as strokes on a 24×24 grid, drawn for this editor. They take the colour of the text around them. */
const SHAPES = {
  brush: "M4 20c3 0 5-1 5-3a2.5 2.5 0 0 0-5 0c0 1.500-.5 2-1 2.500M9 15 19.500 4.500a1.400 1.400 0 0 1 2 2L11 17",
  eraser: "M8 20h12M4 15.500 13.500 6a2 2 0 0 1 2.800 0l3.200 3.200a2 2 0 0 1 0 2.800L11.500 20H8.500L4 15.500zM9.500 10l6 6",
  rectangle: "M4 6h16v12H4z",
  lasso: "M12 4c5 0 9 2.500 9 6s-4 6-9 6-9-2.500-9-6 4-6 9-6M6 15c-1.500 1-1 3 1 3s2 2 .5 3",
  polygon: "M5 19 3.500 8 13 3.500 21 11l-5 8.500z",
  select: "M12 3v3M12 18v3M3 12h3M18 12h3M5.600 5.600l2.100 2.100M16.300 16.300l2.100 2.100M5.600 18.400l2.100-2.100M16.300 7.700l2.100-2.100",
  hand: "M8 12V5.500a1.500 1.500 0 0 1 3 0V11M11 10V4.500a1.500 1.500 0 0 1 3 0V11M14 10.500V6a1.500 1.500 0 0 1 3 0v8c0 4-2 7-6 7-3 0-4.500-1.500-6-4l-2-3.500a1.500 1.500 0 0 1 2.500-1.500L8 14",
  pen: "M4 20l1.200-4.500L16.500 4.200a1.800 1.800 0 0 1 2.500 0l.800.800a1.800 1.800 0 0 1 0 2.500L8.500 18.800zM14.500 6.200l3.300 3.300",
  paint: "M12 3.500c4 4.500 6 7.300 6 10.200a6 6 0 0 1-12 0c0-2.900 2-5.700 6-10.200M9 14a3 3 0 0 0 2.500 3",
  bend: "M3 17c5 0 5-9 9-9s4 9 9 9M12 13V20M9.500 17.500 12 20l2.500-2.500",
  picker: "M4 20l1-3.500 8-8 2.500 2.500-8 8zM12.500 7l4.500 4.500M15 8.500l2.500-2.500a1.600 1.600 0 0 1 2.500 2.500L17.500 11",
  eye: "M2.500 12C5 7.500 8.300 5.500 12 5.500s7 2 9.500 6.500c-2.500 4.500-5.800 6.500-9.500 6.500S5 16.500 2.500 12M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6",
  mirror: "M12 3v18M9 7 3 17h6zM15 7l6 10h-6z",
  undo: "M8 5 4 9l4 4M4 9h9a6 6 0 0 1 0 12h-2",
  redo: "m16 5 4 4-4 4M20 9h-9a6 6 0 0 0 0 12h2",
  compare: "M12 3v18M5 6h4v12H5zM15 6h4v12h-4z",
  save: "M12 4v11M7.500 11 12 15.500 16.500 11M4 19h16",
  help: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M9.500 9.500a2.500 2.500 0 1 1 3.500 2.300c-.7.300-1 .8-1 1.700M12 16.800v.2",
  menu: "M4 7h16M4 12h16M4 17h16",
  remove: "M4 20c3 0 5-1 5-3a2.500 2.500 0 0 0-5 0M9 15 18 6M15 17l5 5M20 17l-5 5",
  fill: "M4 4h16v16H4zM4 14l5-5 4 4 3-3 4 4",
  face: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M8.500 10v.2M15.500 10v.2M8 14.500c1 1.500 2.500 2 4 2s3-.5 4-2",
  "paint-in": "M3 5h11v11H3zM14 9h7v11H10v-4",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8M4 21c0-4.500 3.500-7 8-7s8 2.500 8 7",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  close: "M6 6l12 12M18 6 6 18",
  clear: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13",
  invert: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  import: "M12 16V4M7.500 8.500 12 4l4.500 4.500M4 19h16",
  check: "M4.500 12.500 10 18 20 6.500",
  play: "M7 4.500 19 12 7 19.500z",
  folder: "M3 6h6l2 2.500h10V19H3z",
  sliders: "M5 4v7M5 15v5M12 4v3M12 11v9M19 4v10M19 18v2M3 13h4M10 9h4M17 16h4",
  copy: "M8 8h12v12H8zM16 8V4H4v12h4",
  previous: "m14 6-6 6 6 6",
  next: "m10 6 6 6-6 6",
  lock: "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
};

/** @typedef {keyof typeof SHAPES} Icon */

/**
 * A drawing for the eye only: what it means is said by the button's name.
 *
 * @param {Icon} name
 */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}
