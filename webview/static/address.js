/** The address's fragment: `#token=…&project=0&frame=120&entity=…`. It never reaches a server. */

/** @returns {{token: string|null, project: number|null, frame: number|null, entity: string|null}} */
export function readAddress() {
  const fields = new URLSearchParams(location.hash.slice(1));
  const number = (name) => (/^\d{1,9}$/.test(fields.get(name) ?? '') ? Number(fields.get(name)) : null);
  return { token: fields.get('token'), project: number('project'), frame: number('frame'), entity: fields.get('entity') };
}

/** Write where we are; the token is left out, so that it stays in no history or bookmark. */
export function writeAddress({ project = null, frame = null, entity = null }) {
  const fields = new URLSearchParams();
  if (project !== null) fields.set('project', project);
  if (frame !== null) fields.set('frame', frame);
  if (entity !== null) fields.set('entity', entity);
  const hash = fields.size ? `#${fields}` : '';
  if (location.hash !== hash) history.replaceState(null, '', `${location.pathname}${location.search}${hash}`);
}
