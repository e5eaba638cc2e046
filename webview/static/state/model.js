/**
 * The project as the server described it: ontology and entities. Values at frames are not here:
 * they come evaluated, in windows (windows.js) and timelines.
 *
 * @typedef {{name: string, label: string, code: number, color: string|null, hotkey: string|null}} Choice
 * @typedef {{name: string, label: string, kind: string, time_varying: boolean, required: boolean,
 *   default: any, range: [number|null, number|null],
 *   classes: string[], when: {property: string, is: string[]}|null, choices: Choice[]}} Property
 * @typedef {{name: string, label: string, color: string, hotkey: string|null, geometry: string[],
 *   event: boolean, properties: Property[], skeleton: {points: string[], edges: string[][]}|null,
 *   edges: Uint16Array}} EntityClass `edges`: pairs of the skeleton's points, by their numbers
 * @typedef {{index: number, id: string, name: string, class: string,
 *   constants: Object<string, any>}} Entity
 */

const SCENE = 'scene';
/** The one entity that stands for the whole picture. */
export const SCENE_ENTITY = 'scene-0';
const NO_CONSTANTS = Object.freeze({});
const UNKNOWN_COLOR = '#9aa4b2';

export class Model {
  /** @param {Object} state answer of GET /api/{p}/state */
  constructor(state) {
    this.load(state);
  }

  load(state) {
    this.name = state.name;
    this.demo = state.demo;
    this.path = state.path;
    this.key = state.key;
    this.author = state.author;
    this.readOnly = state.read_only;
    this.frameCount = state.frame_count;
    this.video = state.video;
    this.warnings = state.warnings;
    this.revision = state.revision;
    /** @type {EntityClass[]} */
    /** Tells whether another state has the same ontology. */
    this.ontologyText = JSON.stringify(state.ontology);
    const shared = new Map((state.ontology.shared ?? []).map((property) => [property.name, property]));
    this.classes = state.ontology.classes.map((c) => completeClass(c, shared));
    /** @type {EntityClass|null} the class of the whole picture's properties */
    this.scene = state.ontology.scene
      ? completeClass({ ...state.ontology.scene, name: SCENE, geometry: [] }, shared) : null;
    this.classByName = new Map(this.classes.map((c) => [c.name, c]));
    this.classNumber = new Map(this.classes.map((c, i) => [c.name, i]));
    /** @type {Map<string, Entity>} creation order */
    this.entities = new Map();
    /** @type {Array<Entity|undefined>} by the number that windows use */
    this.byIndex = [];
    state.entities.forEach((entity) => this.#put(entity));
  }

  #put(entity) {
    // Most have none: thousands of empty objects would be a megabyte.
    if (!Object.keys(entity.constants).length) entity.constants = NO_CONSTANTS;
    this.entities.set(entity.id, entity);
    this.byIndex[entity.index] = entity;
  }

  /** @param {Entity[]} there @param {string[]} gone */
  update(there, gone) {
    there.forEach((entity) => this.#put(entity));
    for (const id of gone) {
      const entity = this.entities.get(id);
      if (!entity) continue;
      this.entities.delete(id);
      this.byIndex[entity.index] = undefined;
    }
  }

  /** @returns {EntityClass} also for a class the ontology no longer has */
  classOf(entity) {
    if (entity.class === SCENE && this.scene) return this.scene;
    return this.classByName.get(entity.class)
      ?? completeClass({ name: entity.class, color: UNKNOWN_COLOR });
  }

  /** @returns {Property|undefined} */
  propertyOf(entity, name) {
    return this.classOf(entity).properties.find((property) => property.name === name);
  }

  /** Whether an entity has this property of another one, with the same choices. */
  takes(entity, { name, kind, time_varying: varies, choices }) {
    if (name === 'presence') return !this.classOf(entity).event;
    const own = this.propertyOf(entity, name);
    return own !== undefined && own.kind === kind && own.time_varying === varies
      && own.choices.map((each) => each.name).join() === choices.map((each) => each.name).join();
  }

  /** @returns {Property[]} the choice properties of all classes, one for each name */
  choiceProperties() {
    const found = new Map();
    for (const { properties } of this.classes) {
      for (const property of properties) {
        if (property.kind === 'choice' && !found.has(property.name)) found.set(property.name, property);
      }
    }
    return [...found.values()];
  }
}

function completeClass(c, shared = new Map()) {
  const uses = (c.uses ?? []).map((name) => shared.get(name)).filter(Boolean);
  return {
    name: c.name,
    label: c.label ?? c.name,
    color: c.color ?? UNKNOWN_COLOR,
    hotkey: c.hotkey ?? null,
    geometry: c.geometry ?? ['box'],
    skeleton: c.skeleton ?? null,
    event: c.event ?? false,
    edges: edgePairs(c.skeleton),
    properties: [...uses, ...c.properties ?? []].map((p) => ({
      name: p.name,
      label: p.label ?? p.name,
      kind: p.kind,
      time_varying: p.time_varying ?? false,
      required: p.required ?? false,
      default: p.default ?? null,
      range: p.range ?? [null, null],
      classes: p.classes ?? [],
      when: p.when ?? null,
      choices: (p.choices ?? []).map((choice, i) => ({
        name: choice.name,
        label: choice.label ?? choice.name,
        code: choice.code ?? i,
        color: choice.color ?? null,
        hotkey: choice.hotkey ?? null,
      })),
    })),
  };
}

function edgePairs(skeleton) {
  const numbers = new Map(skeleton?.points.map((name, i) => [name, i]));
  return Uint16Array.from((skeleton?.edges ?? []).flat(), (name) => numbers.get(name));
}
