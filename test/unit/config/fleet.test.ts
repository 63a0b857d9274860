// Settings of a fleet: of two values the stricter one holds, whatever the two are, and only what a machine follows.
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { OWN_FILE, openKnowledge } from '../../../src/assist/copilot/knowledge.ts'
import { checkFleetRules, judge, loadGuard } from '../../../src/assist/guard/index.ts'
import { quickGuard } from '../../../src/assist/guard/quick.ts'
import { systemRandom } from '../../../src/base/clock.ts'
import { FLEET_KEYS, FOLLOWABLE, follows } from '../../../src/config/fleet.ts'
import { checkedSetting, keepFleetSettings, settingsOf } from '../../../src/config/fleet-settings.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { fleetFile } from '../../../src/config/paths.ts'
import { KEY_LIST } from '../../../src/config/table.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

let home: string
beforeEach(() => {
  home = temporaryDirectory()
})

/** Settings of the fleet that this person's node keeps, or the service in `file`. */
const keep = (
  settings: Readonly<Record<string, unknown>>,
  edition = 3,
  follow: readonly string[] = ['*'],
  file = fleetFile(home),
) => keepFleetSettings(file, { edition, settings, follow }, systemRandom)
const config = (text: string) => writeFileSync(join(home, 'config.toml'), text, { mode: 0o600 })
const load = (env = {}) => loadConfig({ home, env })
const inForce = (key: string, env = {}) => {
  const { values, sources } = load(env)
  return [values.get(key), sources.get(key)]
}
const rows = (settings: Readonly<Record<string, unknown>>) =>
  Object.entries(settings).map(([key, value]) => ({ key, value: Buffer.from(JSON.stringify(value)) }))

test.each([
  ['guard.profile', 'profile = "off"', 'strict', 'strict', 'fleet edition 3'],
  ['guard.profile', 'profile = "strict"', 'permissive', 'strict', 'config.toml:2'],
  ['guard.profile', '', 'permissive', 'moderate', 'default'],
  ['guard.profile', '', 'moderate', 'moderate', 'fleet edition 3'],
  ['guard.profile', 'profile = "moderate"', 'moderate', 'moderate', 'config.toml:2'],
  ['guard.on_error', '', 'block', 'block', 'fleet edition 3'],
  ['guard.on_error', 'on_error = "block"', 'allow', 'block', 'config.toml:2'],
  ['retention.events_days', '', 90, 90, 'fleet edition 3'],
  ['retention.events_days', 'events_days = 30', 90, 30, 'config.toml:2'],
  ['retention.events_days', 'events_days = 365', 90, 90, 'fleet edition 3'],
  ['history.ignore', 'ignore = ["a *"]', ['b *'], ['a *', 'b *'], 'config.toml:2, fleet edition 3'],
  ['history.ignore', 'ignore = ["a *", "b *"]', ['b *'], ['a *', 'b *'], 'config.toml:2'],
  ['history.redact', 'redact = ["a_*"]', ['b_*'], ['a_*', 'b_*'], 'config.toml:2, fleet edition 3'],
  ['discovery.mdns', 'mdns = ["eth0"]', false, false, 'fleet edition 3'],
  ['discovery.mdns', 'mdns = false', false, false, 'config.toml:2'],
  ['discovery.scan', 'scan = ["10.0.3.0/24"]', [], [], 'fleet edition 3'],
  ['discovery.dht', '', false, false, 'fleet edition 3'],
  ['discovery.mdns_interval_seconds', 'mdns_interval_seconds = 90', 30, 90, 'config.toml:2'],
  ['discovery.mdns_interval_seconds', '', 300, 300, 'fleet edition 3'],
  ['history.ignore', '', ['b *'], ['b *'], 'fleet edition 3'],
])('%s: %s here and %j of the fleet come to %j', (key, own, theirs, value, source) => {
  config(`[${key.split('.')[0]}]\n${own}\n`)
  keep({ [key]: theirs })
  expect(inForce(key)).toEqual([value, source])
})

test('a variable of the environment loosens nothing, and may tighten', () => {
  keep({ 'guard.profile': 'moderate' })
  expect(inForce('guard.profile', { KARO_GUARD_PROFILE: 'off' })).toEqual(['moderate', 'fleet edition 3'])
  expect(inForce('guard.profile', { KARO_GUARD_PROFILE: 'strict' })[0]).toBe('strict')
})

test('what comes of two values is never looser than either, and merging again changes nothing', () => {
  const samples: Readonly<Record<string, readonly unknown[]>> = {
    'guard.profile': ['off', 'permissive', 'moderate', 'strict'],
    'guard.on_error': ['allow', 'block'],
  }
  for (const [key, { merge }] of Object.entries(FLEET_KEYS)) {
    const kind = KEY_LIST.find(({ path }) => path === key)?.kind
    const values = samples[key] ?? [0, 30, 90, 36_500, [], ['x *'], ['y *', 'x *']]
    for (const own of values.filter((one) => isRight(kind, one))) {
      for (const theirs of values.filter((one) => isRight(kind, one) && one !== 0)) {
        const merged = merge(own, theirs)
        expect(merge(merged, theirs)).toEqual(merged)
        expect(merge(own, merged)).toEqual(merged)
      }
    }
  }
})
const isRight = (kind: (typeof KEY_LIST)[number]['kind'] | undefined, value: unknown): boolean => {
  try {
    kind?.check(value)
    return kind !== undefined
  } catch {
    return false
  }
}

test('every key of the table is one of the configuration, and what a machine shares is none of them', () => {
  for (const key of Object.keys(FLEET_KEYS)) expect(KEY_LIST.map(({ path }) => path)).toContain(key)
  expect(Object.keys(FLEET_KEYS).filter((key) => /^(sharing|peers|trust|policy|access)\./.test(key))).toEqual(
    [],
  )
})

test('a machine follows the keys and sections that policy.follow names', () => {
  config('[policy]\nfollow = ["retention", "guard.on_error"]\n')
  keep({ 'guard.profile': 'strict', 'guard.on_error': 'block', 'retention.events_days': 60 })
  const { values, fleet } = load()
  expect(values.get('guard.profile')).toBe('moderate')
  expect(values.get('guard.on_error')).toBe('block')
  expect(values.get('retention.events_days')).toBe(60)
  expect(fleet?.refused).toEqual(['guard.profile'])
  expect(FOLLOWABLE).toContain('guard.profile')
  expect(follows([], 'guard.profile')).toBe(false)
})

test('rules of the fleet have commands asked about on every machine, also where its own rules allow them', () => {
  writeFileSync(join(home, 'guard.toml'), "[[allow]]\ncommand = '*'\n", { mode: 0o600 })
  keep({ 'guard.rules': "[[ask]]\ncommand = 'terraform apply*'\n" })
  const guard = loadGuard({ home, env: { KARO_GUARD_PROFILE: 'off' }, machineFleet: join(home, 'none') })
  expect(judge(guard, 'terraform apply').decision).toBe('confirm')
  expect(judge(guard, 'terraform plan').decision).toBe('allow')
})

test.each([
  [{ 'sharing.max_level': 2 }, 'does not set'],
  [{ 'guard.profil': 'strict' }, 'no setting'],
  [{ 'guard.profile': 'loose' }, 'must be'],
  [{ 'retention.events_days': 1 }, 'at least 30'],
  [{ 'retention.events_days': 0 }, 'at least 30'],
  [{ 'retention.events_days': '90' }, 'whole number'],
  [{ 'history.ignore': 'pass *' }, 'a list'],
  [{ 'history.redact': ['a b'] }, 'divides parts'],
  [{ 'history.redact': ['**'] }, 'matches everything'],
  [{ 'discovery.mdns': true }, 'switches this off'],
  [{ 'discovery.scan': ['10.0.3.0/24'] }, 'switches this off'],
  [{ 'discovery.peers': ['10.0.0.5:9238'] }, 'does not set'],
  [{ constructor: 1 }, 'no setting'],
])('a bundle with %j is refused whole', (settings, why) => {
  expect(() => settingsOf(rows({ 'guard.on_error': 'block', ...settings }))).toThrow(why)
})

test('a bundle that sets a key twice, or says what is no JSON, is refused', () => {
  const twice = [...rows({ 'guard.on_error': 'allow' }), ...rows({ 'guard.on_error': 'block' })]
  expect(() => settingsOf(twice)).toThrow('twice')
  expect(() => settingsOf([{ key: 'guard.on_error', value: Buffer.from('block') }])).toThrow('JSON')
  expect(checkedSetting('guard.on_error', 'block')).toBe('block')
})

test('what is kept is written when it changes, readable by the shells of the machine, and goes with the last setting', () => {
  expect(keep({ 'guard.profile': 'strict' })).toBe(true)
  expect(keep({ 'guard.profile': 'strict' })).toBe(false)
  expect(statSync(fleetFile(home)).mode & 0o777).toBe(0o644)
  expect(keep({ 'guard.profile': 'strict' }, 4)).toBe(true)
  expect(keep({})).toBe(true)
  expect(keepFleetSettings(fleetFile(home), undefined, systemRandom)).toBe(false)
  expect(() => readFileSync(fleetFile(home))).toThrow('ENOENT')
})

test('what this release does not know in the file is left out; a file that says nothing makes the guard strict', () => {
  keep({ 'guard.profile': 'strict', 'some.thing': 1 })
  expect(load().fleet?.settings).toEqual({ 'guard.profile': 'strict' })
  for (const text of ['', 'null', '{', '{"edition":1}', '[]']) {
    writeFileSync(fleetFile(home), text)
    expect(load().warnings).toHaveLength(1)
    const guard = loadGuard({
      home,
      env: {},
      machineFile: join(home, 'none'),
      machineFleet: join(home, 'none'),
    })
    expect(guard).toMatchObject({ profile: 'strict', source: fleetFile(home) })
  }
})

test('the guard that loads no configuration looks for both files', async () => {
  const none = join(home, 'none')
  const from = { home, env: {}, machineFile: none, machineFleet: join(home, 'machine.json') }
  expect(await quickGuard(from)).toMatchObject({ profile: 'moderate' })
  keep({ 'guard.profile': 'strict' }, 1, ['*'], from.machineFleet)
  expect(await quickGuard(from)).toMatchObject({ profile: 'strict' })
  keep({ 'guard.profile': 'strict' })
  expect(await quickGuard({ ...from, machineFleet: none })).toMatchObject({ profile: 'strict' })
})

const RULES = "[[deny]]\ncommand = 'terraform destroy*'\nwhy = 'The platform team does that.'\n"

test('rules of the fleet prohibit, beside those of the machine and the person, in every profile', () => {
  config('[guard]\nprofile = "off"\n')
  writeFileSync(join(home, 'guard.toml'), "[[allow]]\nrule = 'git-force-push'\n", { mode: 0o600 })
  const machineFleet = join(home, 'run', 'fleet.json')
  mkdirSync(join(home, 'run'))
  keep({ 'guard.rules': RULES })
  const guard = () => loadGuard({ home, env: {}, machineFile: join(home, 'none'), machineFleet })
  const says = (line: string) => judge(guard(), line).decision
  expect([says('terraform destroy -auto-approve'), says('terraform plan')]).toEqual(['block', 'allow'])
  expect(guard().rules.find(({ kind }) => kind === 'deny')?.where).toMatch(/fleet-guard\.toml:1$/)
  keep({ 'guard.rules': RULES }, 4, ['history'])
  expect(says('terraform destroy')).toBe('allow')
  keep({ 'guard.rules': RULES }, 5, ['guard'], machineFleet)
  expect(says('terraform destroy')).toBe('block')
  keep({}, 6, ['*'], machineFleet)
  expect(says('terraform destroy')).toBe('allow')
})

test('commands of the fleet are known beside those that were taken in, while it is followed', () => {
  const known = () => openKnowledge('/nonexistent', home).ask()
  const text = '% shopctl\nshopctl warm\n  warm the price cache\n'
  writeFileSync(join(home, OWN_FILE), text.replaceAll('shopctl', 'ownctl'))
  const tools = (): readonly string[] => ['shopctl', 'ownctl'].filter((name) => known().isTool(name))
  keep({ 'ask.knowledge': text }, 1, ['ask'])
  expect(tools()).toEqual(['shopctl', 'ownctl'])
  expect(known().ofTool('shopctl')).toMatchObject([{ command: 'shopctl warm', source: 'fleet' }])
  keep({ 'ask.knowledge': text }, 2, ['guard'])
  expect(tools()).toEqual(['ownctl'])
})

test.each([
  ["[[allow]]\nrule = 'git-force-push'\n", 'lets none through'],
  ['floor = "off"\n', 'unknown key floor'],
  ["[[deny]]\nrule = 'no-such-rule'\n", 'no rule'],
  ['[[deny]]\ncwd = "/srv"\n', 'names no rule'],
])('rules of a fleet as %j are refused', (text, why) => {
  expect(() => checkFleetRules({ 'guard.rules': text })).toThrow(why)
  expect(() => checkFleetRules({ 'guard.rules': RULES })).not.toThrow()
})

test("the machine's fleet holds for everybody on it, as far as the service follows it", () => {
  const machineFleet = join(home, 'machine.json')
  const guarded = (follow: readonly string[]) => {
    keep({ 'guard.profile': 'strict', 'guard.on_error': 'block' }, 8, follow, machineFleet)
    const own = { home, env: { KARO_GUARD_PROFILE: 'off' }, machineFile: join(home, 'none') }
    const { profile, source, onError } = loadGuard({ ...own, machineFleet })
    return [profile, source, onError]
  }
  expect(guarded(['*'])).toEqual(['strict', 'fleet edition 8 of this machine', 'block'])
  expect(guarded(['guard.on_error'])).toEqual(['off', 'KARO_GUARD_PROFILE', 'block'])
})
