// What karo ca renew says of the roles that the issuer may give, and karo ca show of the mesh.
import { expect, test } from 'vitest'
import type { FleetShape } from '../../../src/api/contract/shapes.ts'
import { DAY_MS } from '../../../src/base/calendar.ts'
import type { CommandIo } from '../../../src/cli/command.ts'
import { issuerTerms, privilegedIn } from '../../../src/cli/fleet/issuer.ts'
import { refusalWords } from '../../../src/cli/fleet/refusals.ts'
import { commaList } from '../../../src/cli/kit.ts'
import { fleetView, grantWords } from '../../../src/cli/views/fleet.ts'

test('a renewal says what the issuer may give, and what is different from before', () => {
  expect(grantWords([], [])).toBe('It may give no privileged role.')
  expect(grantWords(['security'], ['security'])).toBe('It may give: security.')
  expect(grantWords(['security'], ['security', 'admin'])).toBe('It may give: security, admin. New: admin.')
  expect(grantWords(['security'], [])).toContain('No longer: security.')
})

const BEFORE = { grants: ['security'], roles: ['lead'], teams: ['web'], owner: 'ann' }

test('a machine that becomes an issuer stays in its teams, and has its roles and owner, unless an option says otherwise', () => {
  expect(issuerTerms({ for: DAY_MS, role: [], team: ['ops', 'web'] }, BEFORE)).toMatchObject({
    roles: [],
    teams: ['ops', 'web'],
    owner: 'ann',
  })
  expect(issuerTerms({ for: DAY_MS, owner: 'none' }, BEFORE).owner).toBeUndefined()
  expect(() => issuerTerms({ for: DAY_MS, role: ['securty'] })).toThrow('only looks like the role security')
  expect(() => commaList('none,lead', '--role')).toThrow(
    expect.objectContaining({
      message: "'none' stands alone, and not beside lead",
      where: '--role',
      hint: 'Leave out none, or lead. karo policy show lists the roles.',
    }),
  )
  expect(() => issuerTerms({ for: DAY_MS, team: ['a b'] })).toThrow("'a b' is no team")
  expect(() => issuerTerms({ for: DAY_MS, owner: 'a,b' })).toThrow("'a,b' is no owner")
})

test('an issuer is given privileged roles alone, and a misspelt one takes nothing away', () => {
  const terms = (grant: string) => issuerTerms({ for: DAY_MS, grant: privilegedIn(grant, '--grant') }, BEFORE)
  expect(issuerTerms({ for: DAY_MS }, BEFORE)).toMatchObject({ grants: ['security'] })
  expect(terms('none')).toMatchObject({ grants: [] })
  expect(terms('admin,security')).toEqual({
    ...BEFORE,
    life: DAY_MS,
    grants: ['admin', 'security'],
  })
  expect(() => terms('secuirty')).toThrow("'secuirty' is not a privileged role")
  expect(() => terms('security,lead')).toThrow("'lead' is not a privileged role")
  expect(() => terms('none,security')).toThrow("'none' stands alone")
})

test('why an invite was not taken is told in words', () => {
  expect(refusalWords('used')).toBe('it was used by as many machines as it permits')
  expect(refusalWords('certificate_clock')).toMatch(/^the certificate that came is not accepted: ./)
  expect(refusalWords('constructor')).toBe('constructor')
})

test('a revoked key may be of a person, and is not counted as a node', () => {
  const fleet = { mesh: '0', root: 'r', own: null, joining: null, why_not: null, certified: 7, revoked: 4 }
  const shown = fleetView(fleet as unknown as FleetShape, { columns: 80 } as CommandIo)
  expect(shown).toMatch(/^nodes +7 certified; revoked keys: 4$/m)
})
