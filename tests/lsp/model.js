// The protocol's own model of its messages, and whether a value is as the model says.
'use strict';
const fs = require('fs');
const path = require('path');

const model = JSON.parse(fs.readFileSync(path.join(__dirname, 'protocol', 'metaModel-3.17.json'), 'utf8'));
const byName = (list, key) => new Map(list.map((each) => [each[key], each]));
const structures = byName(model.structures, 'name');
const enumerations = byName(model.enumerations, 'name');
const aliases = byName(model.typeAliases, 'name');
const requests = byName(model.requests, 'method');
const notifications = byName(model.notifications, 'method');

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

// Each checker returns the list of what is wrong, empty where nothing is.
function checkBase(name, value) {
  switch (name) {
    case 'string': case 'URI': case 'DocumentUri': case 'RegExp':
      if (typeof value !== 'string') return ['is no string'];
      if (name === 'DocumentUri' || name === 'URI') {
        if (!/^[a-z][a-z0-9+.-]*:/i.test(value)) return [`\`${value}\` is no URI`];
      }
      return [];
    case 'integer':
      return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? [] : ['is no integer'];
    case 'uinteger':
      return Number.isInteger(value) && value >= 0 && value < 2 ** 31 ? [] : ['is no unsigned integer'];
    case 'decimal':
      return typeof value === 'number' ? [] : ['is no number'];
    case 'boolean':
      return typeof value === 'boolean' ? [] : ['is no boolean'];
    case 'null':
      return value === null ? [] : ['is not null'];
    default:
      throw new Error(`no base type ${name}`);
  }
}

// A member that no structure knows is a slip of the pen as often as an extension: it counts as wrong.
function checkProperties(properties, value, where, open) {
  if (!isObject(value)) return ['is no object'];
  const problems = [];
  for (const [name, property] of properties) {
    if (!(name in value)) {
      if (!property.optional) problems.push(`has no \`${name}\``);
      continue;
    }
    for (const each of check(property.type, value[name])) problems.push(`.${name} ${each}`);
  }
  if (!open) {
    for (const name of Object.keys(value)) if (!properties.has(name)) problems.push(`has \`${name}\`, which ${where} does not`);
  }
  return problems;
}

function propertiesOf(structure, into = new Map()) {
  for (const base of [...(structure.extends || []), ...(structure.mixins || [])]) {
    propertiesOf(structures.get(base.name), into);
  }
  for (const property of structure.properties) into.set(property.name, property);
  return into;
}

function checkReference(name, value) {
  if (name === 'LSPAny') return [];
  if (structures.has(name)) {
    return checkProperties(propertiesOf(structures.get(name)), value, name, name === 'LSPObject');
  }
  if (aliases.has(name)) return check(aliases.get(name).type, value);
  const enumeration = enumerations.get(name);
  if (!enumeration) throw new Error(`no type ${name}`);
  const wrong = checkBase(enumeration.type.name, value);
  if (wrong.length > 0 || enumeration.supportsCustomValues) return wrong;
  return enumeration.values.some((each) => each.value === value) ? [] : [`\`${value}\` is no ${name}`];
}

function check(type, value) {
  switch (type.kind) {
    case 'base':
      return checkBase(type.name, value);
    case 'reference':
      return checkReference(type.name, value);
    case 'array':
      if (!Array.isArray(value)) return ['is no array'];
      return value.flatMap((each, i) => check(type.element, each).map((problem) => `[${i}]${problem[0] === '.' || problem[0] === '[' ? '' : ' '}${problem}`));
    case 'map':
      if (!isObject(value)) return ['is no object'];
      return Object.entries(value).flatMap(([key, each]) =>
        [...check(type.key, key), ...check(type.value, each)].map((problem) => `["${key}"] ${problem}`));
    case 'and':
      return checkProperties(type.items.reduce((all, each) => propertiesOf(structures.get(each.name), all), new Map()), value, 'none of them');
    case 'or': {
      const attempts = type.items.map((each) => check(each, value));
      if (attempts.some((problems) => problems.length === 0)) return [];
      return attempts.reduce((best, each) => (each.length < best.length ? each : best));
    }
    case 'tuple':
      if (!Array.isArray(value) || value.length !== type.items.length) return ['is no tuple'];
      return type.items.flatMap((each, i) => check(each, value[i]));
    case 'literal':
      return checkProperties(byName(type.value.properties, 'name'), value, 'it');
    case 'stringLiteral':
      return value === type.value ? [] : [`is not "${type.value}"`];
    default:
      throw new Error(`no kind of type ${type.kind}`);
  }
}

/** What is wrong with the parameters of a message, by its method. */
function checkParams(method, params) {
  const message = requests.get(method) || notifications.get(method);
  if (!message) return [`there is no method ${method}`];
  if (!message.params) return params === undefined || params === null ? [] : ['takes no parameters'];
  return check(message.params, params);
}

/** What is wrong with the result of a request. */
function checkResult(method, result) {
  const message = requests.get(method);
  if (!message) return [`there is no request ${method}`];
  return check(message.result, result);
}

/** Which side sends it: "clientToServer", "serverToClient" or "both". */
function direction(method) {
  return (requests.get(method) || notifications.get(method) || {}).messageDirection;
}

module.exports = { check, checkParams, checkResult, direction };
