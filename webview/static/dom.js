/**
 * Elements without markup: text enters the page as text nodes only, so a name is never HTML.
 */

/**
 * @param {string} tag
 * @param {Object} [properties] `class`, `on` (event handlers), `data`, `style` (CSSOM, allowed by
 *   the content security policy), anything else an attribute; false and null leave it out
 * @param {...(Node|string|number|null|undefined)} children
 * @returns {HTMLElement}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'class') element.className = value;
    else if (name === 'on') {
      for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    } else if (name === 'data') Object.assign(element.dataset, value);
    else if (name === 'style') {
      for (const [key, v] of Object.entries(value)) element.style.setProperty(key, v);
    } else element.setAttribute(name, value === true ? '' : String(value));
  }
  append(element, children);
  return element;
}

/** @param {Element} element @param {Array} children */
export function append(element, children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** Replace the children of an element. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/** Set text only where it differs: an equal write would still cost a layout. */
export function setText(element, text) {
  const { firstChild } = element;
  if (firstChild instanceof Text && !firstChild.nextSibling) {
    if (firstChild.data !== text) firstChild.data = text;
  } else if (element.textContent !== text) {
    element.textContent = text;
  }
}

/** Set an attribute only where it differs: an equal write would still cost a style. */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** @returns {boolean} whether keys typed now belong to a field and not to the tool */
export function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  return target instanceof HTMLInputElement && !['button', 'checkbox', 'radio', 'range'].includes(target.type);
}

/** Whether a repaint is being made ready. */
let repainting = false;

/** As requestAnimationFrame; what is asked for meanwhile with `perFrame` comes to the same repaint. */
export function onFrame(callback) {
  return requestAnimationFrame((now) => {
    repainting = true;
    try {
      callback(now);
    } finally {
      repainting = false;
    }
  });
}

/**
 * Call `task` at most once per repaint of the screen, however often it is asked for: at the end of
 * this one where one is being made ready, as two repaints for one change cost twice as much.
 */
export function perFrame(task) {
  let asked = false;
  const run = () => {
    asked = false;
    task();
  };
  return () => {
    if (asked) return;
    asked = true;
    if (repainting) queueMicrotask(run);
    else onFrame(run);
  };
}
