/** Values of properties that are no geometry, from the columns of a window. */

const NOBODY = 'none';

/**
 * @param {import('../protocol.js').ValueColumn[]} columns @param {number} row
 * @param {import('../state/model.js').EntityClass} entityClass names the codes of choices
 * @returns {{codes: Map<string, number>, values: Map<string, any>, cut: Set<string>}}
 */
export function readValues(columns, row, entityClass) {
  const codes = new Map();
  const values = new Map();
  const cut = new Set();
  for (const column of columns) {
    const { property, kind } = column;
    if (kind === 'choice') {
      // A class without the property may have one of another kind under the same name.
      if (column.codes[row] >= 0 || !codes.has(property)) codes.set(property, column.codes[row]);
    }
    const value = read(column, row, entityClass);
    if (value === undefined) continue;
    values.set(property, value);
    if (column.cut?.includes(column.which[row])) cut.add(property);
  }
  return { codes, values, cut };
}

/** @returns {any} undefined where there is no value */
function read(column, row, entityClass) {
  const { kind } = column;
  if (column.texts) {
    const text = column.texts[column.which[row]];
    if (text === '') return undefined;
    if (kind === 'text') return text;
    if (kind === 'entity') return text === NOBODY ? null : text;
    const items = parseList(text);
    return kind === 'choices' ? items.map((code) => nameOf(column, code, entityClass)).filter(Boolean) : items;
  }
  if (column.codes) {
    const code = column.codes[row];
    if (code < 0) return undefined;
    return kind === 'boolean' ? code === 1 : nameOf(column, code, entityClass);
  }
  const number = column.values[row];
  return Number.isNaN(number) ? undefined : number;
}

/** @returns {string|undefined} for a code that the ontology does not know (any more) */
function nameOf({ property }, code, entityClass) {
  return entityClass.properties.find(({ name }) => name === property)
    ?.choices.find((choice) => choice.code === code)?.name;
}

/** A list that was too long to be sent whole ends somewhere: what can be read of it counts. */
function parseList(text) {
  try {
    return JSON.parse(text);
  } catch {
    const end = text.lastIndexOf(',');
    return end < 0 ? [] : JSON.parse(`${text.slice(0, end)}]`);
  }
}
