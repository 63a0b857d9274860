// The Cedar engine: checks policy files against the schema, and judges by them in an instance of Cedar of its own.

import { createRequire } from 'node:module'
import { basename } from 'node:path'
import type * as Cedar from '@cedar-policy/cedar-wasm/nodejs'
import { isNodeId } from '../../../../protocols/node-id.ts'
import { KaroError } from '../../../base/errors.ts'
import { labelProblem, roleItResembles } from '../../../base/words/roles.ts'
import { NOBODY } from '../principal.ts'
import { ACTION_CATEGORY } from '../resource.ts'
import { deny } from '../roles.ts'
import { ACTIONS, type PolicyEngine, type RoleDecision } from '../types.ts'
import { agentCallOf, callOf, SCHEMA_ID, SET } from './calls.ts'
import { SCHEMA } from './schema.ts'

export interface PolicyText {
  /** For messages; its last part names the rules. */
  readonly path: string
  readonly text: string
}

export interface CedarSet {
  readonly engine: PolicyEngine
  /** Policies of each file, in the order of the files. */
  readonly counts: readonly number[]
  readonly warnings: readonly string[]
}

/** One policy and where it stands. */
interface Placed {
  readonly file: PolicyText
  readonly text: string
  /** In characters, from the start of the file. */
  readonly start: number
  readonly rule: string
  readonly reason: string
}

/** More than a large organisation has, and each decision looks at all. */
const POLICIES_MAX = 1_000

/**
 * A new instance each time: Cedar cannot free a policy set, and a policy that exhausts its stack leaves it unusable,
 * which must not reach the policies that are in force. Loading takes some 25 ms and 16 MiB, given back when the engine is dropped.
 */
function newCedar(): typeof Cedar {
  const require = createRequire(import.meta.url)
  const path = require.resolve('@cedar-policy/cedar-wasm/nodejs')
  delete require.cache[path]
  return require(path) as typeof Cedar
}

/** Throws KaroError `bad_config` with `where` = `<file>:<line>:<column>` for the first thing that is wrong. */
export function createCedarEngine(files: readonly PolicyText[]): CedarSet {
  const cedar = newCedar()
  const read = files.map((file) => policiesOf(cedar, file))
  const all = read.flat()
  if (all.length > POLICIES_MAX) {
    throw new KaroError('bad_config', `there are ${all.length} policies, at most ${POLICIES_MAX} are read`, {
      where: 'policy.files',
    })
  }
  refuseTwice(all)
  const byId = new Map(all.map((policy, i) => [String(i), policy]))
  const policies = { staticPolicies: Object.fromEntries([...byId].map(([id, { text }]) => [id, text])) }
  const warnings = validate(cedar, policies, byId)
  const schema = cedar.preparseSchema(SCHEMA_ID, SCHEMA)
  const prepared = cedar.preparsePolicySet(SET, policies)
  if (schema.type === 'failure' || prepared.type === 'failure') {
    throw new KaroError('internal', 'Cedar takes policies for right and cannot prepare them')
  }
  const engine = engineOf(cedar, byId)
  probe(engine)
  return { engine, counts: read.map((one) => one.length), warnings }
}

function policiesOf(cedar: typeof Cedar, file: PolicyText): readonly Placed[] {
  const pieces = splitPolicies(file.text)
  if ('message' in pieces) throw wrong(file, pieces.at, pieces.message)
  const whole = guarded(file, 0, () => cedar.checkParsePolicySet({ staticPolicies: file.text }))
  if (whole.type === 'failure') throw misread(file, 0, file.text, whole.errors)
  return pieces.map(({ text, start }) => {
    const json = guarded(file, start, () => cedar.policyToJson(text))
    if (json.type === 'failure') throw misread(file, start, text, json.errors)
    const nobody = namesNobody(json.json)
    if (nobody !== undefined) {
      const named = `${nobody.type}::${JSON.stringify(nobody.id)}`
      const at = start + Math.max(0, text.indexOf(JSON.stringify(nobody.id)))
      throw wrong(file, at, `${named} names nobody: write the whole key, karo:ed25519:… (karo peers --json)`)
    }
    const alike = namesAlike(json.json)
    if (alike !== undefined) {
      const at = start + Math.max(0, text.indexOf(JSON.stringify(alike)))
      throw wrong(file, at, `Role::${JSON.stringify(alike)} ${labelProblem('role', alike)}`)
    }
    const { annotations = {}, effect } = json.json
    const { id } = annotations
    if (id !== undefined && !/^[\w.-]{1,64}$/.test(id)) {
      throw wrong(file, start, '@id takes 1 to 64 letters, digits, ".", "_" and "-"')
    }
    const place = `${basename(file.path)
      .replace(/[^\w.-]/g, '_')
      .slice(0, 40)}:${placeOf(file.text, start).line}`
    const rule = id === undefined ? place : `${id}@${place}`
    const reason = annotations.reason ?? `${effect} in ${place}`
    return { file, text, start, rule, reason: reason.slice(0, 512) }
  })
}

/** A decision names one rule, and that has to be one. */
function refuseTwice(all: readonly Placed[]): void {
  const ids = new Map<string, Placed>()
  for (const policy of all) {
    const [id = '', place] = policy.rule.split('@')
    if (place === undefined) continue
    const first = ids.get(id)
    if (first !== undefined) {
      const { line } = placeOf(first.file.text, first.start)
      throw wrong(policy.file, policy.start, `@id("${id}") is taken: ${first.file.path}:${line} has it`)
    }
    ids.set(id, policy)
  }
}

/** Returns what is odd and not wrong. */
function validate(
  cedar: typeof Cedar,
  policies: Cedar.PolicySet,
  byId: ReadonlyMap<string, Placed>,
): readonly string[] {
  const answer = cedar.validate({ schema: SCHEMA, policies, validationSettings: { mode: 'strict' } })
  if (answer.type === 'failure') throw new KaroError('internal', `Cedar: ${answer.errors[0]?.message}`)
  const told = ({
    policyId,
    error,
  }: Cedar.ValidationError): { file: PolicyText; at: number; message: string } => {
    const policy = byId.get(policyId)
    if (policy === undefined)
      throw new KaroError('internal', `Cedar names a policy that is none: ${policyId}`)
    const at = policy.start + characterOf(policy.text, error.sourceLocations?.[0]?.start ?? 0)
    return { file: policy.file, at, message: plain(error) }
  }
  const [first] = answer.validationErrors.map(told).sort((a, b) => a.at - b.at)
  if (first !== undefined) throw wrong(first.file, first.at, first.message)
  return answer.validationWarnings.map((warning) => {
    const { file, at, message } = told(warning)
    return `${whereIs(file, at)}: ${message}`
  })
}

function engineOf(cedar: typeof Cedar, byId: ReadonlyMap<string, Placed>): PolicyEngine {
  /** Set when the instance trapped: what it says after that means nothing. */
  let broken: string | undefined
  const asked = (call: Parameters<typeof cedar.statefulIsAuthorized>[0]): RoleDecision => {
    if (broken !== undefined) return failed(broken)
    try {
      return decisionOf(cedar.statefulIsAuthorized(call), byId)
    } catch (error) {
      broken = String(error)
      return failed(broken)
    }
  }
  return {
    kind: 'cedar',
    judge: (request) => asked(callOf(request)),
    judgeAgent: (request) => asked(agentCallOf(request)),
  }
}

const failed = (why: string): RoleDecision =>
  deny('policy.error', `the role policies could not be judged, so nothing is permitted: ${why}`)

function decisionOf(answer: Cedar.AuthorizationAnswer, byId: ReadonlyMap<string, Placed>): RoleDecision {
  if (answer.type === 'failure') return failed(answer.errors[0]?.message ?? 'it was no question')
  const { decision, diagnostics } = answer.response
  const [error] = diagnostics.errors
  // Cedar leaves out a policy that fails, also one that forbids.
  if (error !== undefined) {
    return failed(`${byId.get(error.policyId)?.rule ?? error.policyId}: ${error.error.message}`)
  }
  const [id] = diagnostics.reason.toSorted((a, b) => Number(a) - Number(b))
  const policy = id === undefined ? undefined : byId.get(id)
  if (policy === undefined) return deny('policy.default', 'no policy in force permits it')
  return { effect: decision === 'allow' ? 'allow' : 'deny', rule: policy.rule, reason: policy.reason }
}

/** One decision of each kind, about nobody, before anything is in force, so that an engine that cannot decide does not come into force. */
function probe(engine: PolicyEngine): void {
  const principal = { node_id: NOBODY, trust_level: 'peer', denied: false, roles: [], teams: [] } as const
  for (const action of ACTIONS) {
    const about = ACTION_CATEGORY[action]
    const category = about === 'any' ? 'tool_usage' : about
    const decision = engine.judge({
      principal,
      action,
      resource: { level: 1, ...(category === null ? {} : { category }) },
      teams: [],
      k: 5,
      circumstances: { at: 0 },
    })
    refuseFailed(decision)
  }
  const task = {
    agent: 'kExecutor:none',
    tool: 'none',
    operation: 'task',
    own: false,
    by_agent: false,
  } as const
  refuseFailed(engine.judgeAgent({ principal, ...task, at: 0, k: 5, teams: [] }))
}

function refuseFailed({ rule, reason }: RoleDecision): void {
  if (rule === 'policy.error') throw new KaroError('bad_config', reason, { where: 'policy.files' })
}

/** A trap while reading is the file's fault and ends this instance only. */
function guarded<T>(file: PolicyText, at: number, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw wrong(file, at, `Cedar cannot read this: ${String(error)}`)
  }
}

function misread(
  file: PolicyText,
  start: number,
  text: string,
  errors: readonly Cedar.DetailedError[],
): KaroError {
  const [error] = errors
  const at = start + characterOf(text, error?.sourceLocations?.[0]?.start ?? 0)
  const label = error?.sourceLocations?.[0]?.label
  const message = error === undefined ? 'this is no policy' : plain(error)
  return wrong(file, at, label ? `${message}, ${label}` : message)
}

/** Without what names the policy by an id that only this file knows. */
const plain = ({ message, help }: Cedar.DetailedError): string =>
  message
    .replace(/^failed to parse polic(?:ies|y)(?: with id `[^`]*`)?(?: from string)?: /, '')
    .replace(/^for policy `[^`]*`, /, '') + (help ? ` (${help})` : '')

const whereIs = (file: PolicyText, at: number): string => {
  const { line, column } = placeOf(file.text, at)
  return `${file.path}:${line}:${column}`
}

const wrong = (file: PolicyText, at: number, message: string): KaroError =>
  new KaroError('bad_config', message, { where: whereIs(file, at) })

/** Line and column of a character, both from 1; a column counts characters, an emoji as one. */
function placeOf(text: string, at: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, at)
  const line = before.split('\n').length
  return { line, column: [...before.slice(before.lastIndexOf('\n') + 1)].length + 1 }
}

/** The engine counts bytes of UTF-8; which character that is. */
function characterOf(text: string, byte: number): number {
  return Buffer.from(text, 'utf8').subarray(0, byte).toString('utf8').length
}

// Finds a node or a person that a policy names by anything but a whole key: such a policy speaks of nobody.

/** An entity as a policy names it, such as `Node::"desk"`. */
interface Named {
  readonly type: string
  readonly id: string
}

/**
 * The first node or operator in a policy (in Cedar's JSON form) whose id is no key, or undefined. Nobody is known by
 * another id, so a permit of it opens nothing, and a forbid of it silently forbids nothing.
 */
function namesNobody(policy: object): Named | undefined {
  return named(policy).find(({ type, id }) => (type === 'Node' || type === 'Operator') && !isNodeId(id))
}

/** The first role in a policy that only looks like one of the role table. No principal has it, so a forbid of it forbids nothing. */
const namesAlike = (policy: object): string | undefined =>
  named(policy).find(({ type, id }) => type === 'Role' && roleItResembles(id) !== undefined)?.id

function named(policy: object): readonly Named[] {
  // Annotations are the author's own words, also if they are called "type" and "id".
  const { annotations: _, ...rules } = policy as { annotations?: unknown }
  return entitiesIn(rules)
}

/** Every entity in a part of a policy, at whatever depth: a literal is an object with the texts `type` and `id`. */
function entitiesIn(part: unknown): readonly Named[] {
  if (typeof part !== 'object' || part === null) return []
  const { type, id } = part as { type?: unknown; id?: unknown }
  if (typeof type === 'string' && typeof id === 'string') return [{ type, id }]
  return Object.values(part).flatMap(entitiesIn)
}

// Finds the policies in a Cedar file and where each begins, and refuses what nests too deep for the engine to read.

interface Piece {
  /** From its first annotation or keyword to its semicolon. */
  readonly text: string
  /** In characters, from the start of the file. */
  readonly start: number
}

interface Broken {
  readonly at: number
  readonly message: string
}

/** Brackets and `if` inside one another. The engine's stack ends above 130 of them and takes the engine with it. */
const NESTING_MAX = 64
/** Of one policy: a chain of operators nests inside the engine too, without any brackets. */
const TOKENS_MAX = 2_000

const TOKEN = /\s+|\/\/[^\n]*|"(?:[^"\\]|\\.)*"|[\p{L}_][\p{L}\p{N}_]*|\d+|[^\s]/suy

/**
 * The policies of a file, in its order; text behind the last semicolon is a piece too, for the engine to complain about.
 * Checks no grammar besides nesting.
 */
function splitPolicies(text: string): readonly Piece[] | Broken {
  const pieces: Piece[] = []
  let start: number | undefined
  let depth = 0
  let ifs = 0
  let tokens = 0
  TOKEN.lastIndex = 0
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    const token = TOKEN.exec(text)?.[0]
    if (token === undefined) return { at, message: 'this cannot be read' }
    if (/^\s/.test(token) || token.startsWith('//')) continue
    start ??= at
    tokens++
    if (token === '(' || token === '{' || token === '[') depth++
    else if (token === ')' || token === '}' || token === ']') depth--
    else if (token === 'if') ifs++
    if (depth + ifs > NESTING_MAX) return { at, message: `nests deeper than ${NESTING_MAX} levels` }
    if (tokens > TOKENS_MAX) return { at, message: `one policy has more than ${TOKENS_MAX} words and signs` }
    if (token !== ';' || depth > 0) continue
    pieces.push({ text: text.slice(start, at + 1), start })
    start = undefined
    depth = 0
    ifs = 0
    tokens = 0
  }
  if (start !== undefined) pieces.push({ text: text.slice(start), start })
  return pieces
}
