// Policy files of an organisation: forbid beats permit, default deny, what may be asked about, and every mistake with its place.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatNodeId, type NodeId } from '../../../../protocols/node-id.ts'
import type { RoleDecision, RoleRequest } from '../../../../src/trust/policy/index.ts'
import { loadPolicies } from '../../../../src/trust/policy/load.ts'
import { judged } from '../../../../src/trust/policy/policy.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import { ASKER, asOperator, FRIDAY, failing, HOUR, PERSON, principal, request } from './requests.ts'

const PERMIT = 'permit (principal, action, resource);\n'

function fileOf(text: string | Uint8Array, name = 'org.cedar'): string {
  const path = join(temporaryDirectory(), name)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

async function judge(text: string, over: Partial<RoleRequest> = {}): Promise<RoleDecision> {
  return judged((await loadPolicies([fileOf(text)])).engine, request(over))
}

/** What a file is refused for, its directory left out. */
async function refusal(text: string | Uint8Array): Promise<string> {
  const path = fileOf(text)
  try {
    await loadPolicies([path])
  } catch (error) {
    const { code, where, message } = error as { code: string; where: string; message: string }
    expect(code).toBe('bad_config')
    return `${where.replace(path, 'org.cedar')} ${message}`
  }
  return 'none'
}

describe('decisions', () => {
  it('a forbid anywhere beats every permit, in whichever file and order', async () => {
    const forbid = fileOf('@id("never") @reason("not this node")\nforbid (principal, action, resource);\n')
    for (const files of [
      [forbid, fileOf(PERMIT)],
      [fileOf(PERMIT), forbid],
    ]) {
      const { engine } = await loadPolicies(files)
      const never = { effect: 'deny', rule: 'never@org.cedar:1', reason: 'not this node' }
      expect(judged(engine, request())).toEqual(never)
    }
  })

  it('a person is named by the whole key and never by the fingerprint, which somebody else’s key may have, too', async () => {
    const permit = (who: string) => `permit (principal == Operator::"${who}", action, resource);`
    const person = { principal: asOperator(principal()) }
    expect(await judge(permit(PERSON), person)).toMatchObject({ effect: 'allow' })
    expect(await refusal(permit('0123456789abcdef'))).toContain('org.cedar:1:32 Operator::')
    expect(await judge(permit(PERSON))).toMatchObject({ effect: 'deny' })
  })

  it('what is forbidden to a node is forbidden to whoever asks through it', async () => {
    const forbid = `forbid (principal in Node::"${ASKER}", action, resource);`
    const person = { principal: asOperator(principal()) }
    expect(await judge(PERMIT + forbid)).toMatchObject({ effect: 'deny', rule: 'org.cedar:2' })
    expect(await judge(PERMIT + forbid, person)).toMatchObject({ effect: 'deny', rule: 'org.cedar:2' })
    const elsewhere = { principal: { ...person.principal, node_id: PERSON } }
    expect(await judge(PERMIT + forbid, elsewhere)).toMatchObject({ effect: 'allow' })
    // The node's roles and teams are not the person's.
    for (const theirs of ['Role::"admin"', 'Team::"eng"']) {
      const permit = `permit (principal in ${theirs}, action, resource);`
      expect(await judge(permit, person)).toMatchObject({ effect: 'deny' })
    }
  })

  it('what is forbidden to a node stays forbidden when it rotates its key, also to whoever asks through it', async () => {
    const before = formatNodeId(new Uint8Array(32).fill(3))
    const forbid = `${PERMIT}forbid (principal in Node::"${before}", action, resource);`
    const rotated = principal({ other_keys: [before] })
    expect(await judge(forbid)).toMatchObject({ effect: 'allow' })
    expect(await judge(forbid, { principal: rotated })).toMatchObject({ effect: 'deny', rule: 'org.cedar:2' })
    const { other_keys: _, ...person } = asOperator(rotated)
    const through = { node_id: ASKER, roles: [], teams: [] }
    const asked = (other_keys: readonly NodeId[]) => ({
      principal: { ...person, through: { ...through, other_keys } },
    })
    expect(await judge(forbid, asked([before]))).toMatchObject({ effect: 'deny', rule: 'org.cedar:2' })
    expect(await judge(forbid, asked([]))).toMatchObject({ effect: 'allow' })
  })

  it('what no policy permits is denied, also by an empty file', async () => {
    for (const text of ['', 'permit (principal in Role::"auditor", action, resource);'])
      expect(await judge(text)).toMatchObject({ effect: 'deny', rule: 'policy.default' })
  })

  it('a policy that fails while it is judged denies, though Cedar leaves it out', async () => {
    // The product leaves the range of Cedar's numbers.
    const failing =
      'forbid (principal, action, resource) when { principal.trust_level == "supervisor" && context.k * 9223372036854775807 > 0 };'
    const asked = { principal: principal({ trust_level: 'supervisor' }) }
    expect(await judge(PERMIT + failing, asked)).toMatchObject({ effect: 'deny', rule: 'policy.error' })
    expect(await judge(PERMIT + failing)).toMatchObject({ effect: 'allow' })
  })

  it('knows role, team, trust level, level, category, time of day, range and k', async () => {
    const when = (condition: string) => `permit (principal, action, resource) when { ${condition} };`
    const question = (condition: string) =>
      `permit (principal, action == Action::"query.tool_usage", resource) when { ${condition} };`
    const who = { principal: principal({ roles: ['auditor'], teams: ['eng'], trust_level: 'supervisor' }) }
    const holds = [
      when('principal in Role::"auditor" && principal.roles.contains("auditor")'),
      when('principal in Role::"individual"'),
      when('principal in Team::"eng" && principal.teams.contains("eng")'),
      when('principal.trust_level == "supervisor"'),
      when(`principal.node_id == "${ASKER}" && principal == Node::"${ASKER}"`),
      when('resource.level == 1 && resource has category && resource.category == "tool_usage"'),
      when('context.hour == 14 && context.weekday == 5 && context.k == 5'),
      question('context.range_hours == 24 && context.age_hours == 24'),
    ]
    for (const policy of holds) expect(await judge(policy, who), policy).toMatchObject({ effect: 'allow' })
    const not = [
      when('principal in Role::"lead"'),
      when('principal in Team::"ops"'),
      when('principal is Operator'),
      when('context.hour < 14'),
      question('context.range_hours < 24'),
    ]
    for (const policy of not) expect(await judge(policy, who), policy).toMatchObject({ effect: 'deny' })
  })

  it('rounds the time asked about up, so that no part of an hour slips under a bound', async () => {
    const policy =
      'permit (principal, action == Action::"query.tool_usage", resource) when { context.range_hours <= 24 };'
    const range = { start: FRIDAY - 24 * HOUR - 1, end: FRIDAY }
    expect(await judge(policy, { circumstances: { at: FRIDAY, range } })).toMatchObject({ effect: 'deny' })
  })

  it('a label that looks like Cedar is a label', async () => {
    const asked = { principal: principal({ roles: ['x"] || true //'], teams: ['{"__entity":{}}'] }) }
    const decision = await judge('permit (principal in Role::"lead", action, resource);', asked)
    expect(decision).toMatchObject({ effect: 'deny', rule: 'policy.default' })
  })
})

describe('a file that is wrong is refused with its place', () => {
  it.each([
    ['permit (principal, action, resource)\nwhen { é };', '2:8 invalid token'],
    [
      '// é\npermit (principal, action, resource);\n  permit (principal in Rolle::"x", action, resource);',
      '3:24 unrecognized entity type `Rolle` (did you mean `Role`?)',
    ],
    ['permit (principal, action == Action::"query.tool_usag", resource);', '1:30 unrecognized action'],
    ['permit (principal, action, resource) when { resource.levl == 1 };', '1:45 attribute `levl`'],
    [
      'permit (principal, action, resource) when { resource.category == "x" };',
      '1:45 unable to guarantee safety of access to optional attribute `category`',
    ],
    ['permit (principal == ?principal, action, resource);', '1:1 static policy set includes a template'],
    ['@id("a b")\npermit (principal, action, resource);', '1:1 @id takes'],
    [
      '@id("a")\npermit (principal, action, resource);\n@id("a")\nforbid (principal, action, resource);',
      '3:1 @id("a") is taken',
    ],
    ['forbid (principal in Node::"desk", action, resource);', '1:28 Node::"desk" names nobody'],
    [
      'permit (principal, action, resource)\nunless { principal in [Role::"x", Operator::"0123 4567 89ab cdef"] };',
      '2:45 Operator::"0123 4567 89ab cdef" names nobody',
    ],
    ['foo', '1:4 unexpected end of input'],
    ['permit (principal, action, resource)', '1:37 unexpected end of input'],
  ])('%j', async (text, expected) => {
    expect(await refusal(text)).toContain(`org.cedar:${expected}`)
  })

  it('an annotation is the author’s own word, whatever it is called', async () => {
    expect(await refusal(`@type("Node") @id("desk") ${PERMIT}`)).toBe('none')
  })

  it('what would exhaust the engine is refused before it is read', async () => {
    const deep = (open: string, close: string, n: number) =>
      `permit (principal, action, resource) when { ${open.repeat(n)}true${close.repeat(n)} };`
    expect(await refusal(deep('(', ')', 5_000))).toContain('nests deeper than 64 levels')
    expect(await refusal(deep('if true then true else ', '', 5_000))).toContain('nests deeper than 64 levels')
    expect(await refusal(deep('1 + 1 + ', ' == 1', 5_000))).toContain('more than 2000 words')
    expect(await refusal(deep('(', ')', 60))).toBe('none')
  })

  it('is no text, is none, or may be written by others', async () => {
    expect(await refusal(Buffer.from([0x0a, 0xff]))).toBe('org.cedar:2 the file is not UTF-8 text')
    const path = fileOf(PERMIT)
    chmodSync(path, 0o622)
    await expect(loadPolicies([path])).rejects.toMatchObject({ code: 'bad_config', where: path })
    const directory = join(temporaryDirectory(), 'd.cedar')
    mkdirSync(directory)
    await expect(loadPolicies([directory])).rejects.toMatchObject({ code: 'bad_config', where: directory })
    await expect(loadPolicies(['/nowhere/x.cedar'])).rejects.toMatchObject({ where: '/nowhere/x.cedar' })
  })

  it('what is odd and not wrong is a warning with its place', async () => {
    const path = fileOf('\nforbid (principal, action, resource) when { resource.level == 1 && false };')
    const { warnings } = await loadPolicies([path])
    expect(warnings).toEqual([expect.stringContaining(`${path}:2:1: `)])
  })
})

describe('an engine that cannot decide', () => {
  it('does not come into force, and harms none that is', async () => {
    const first = await loadPolicies([fileOf(PERMIT)])
    await loadPolicies([fileOf('forbid (principal, action, resource);')])
    await expect(loadPolicies([fileOf('permit')])).rejects.toThrow()
    expect(judged(first.engine, request()).effect).toBe('allow')
  })

  it('denies whatever it is asked when it throws, whatever it is', () => {
    expect(judged(failing, request())).toMatchObject({ effect: 'deny', rule: 'policy.error' })
  })
})
