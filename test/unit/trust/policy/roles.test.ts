// Names of roles: those that only look like one of the role table are none, and words of one's own are.
import { describe, expect, it } from 'vitest'
import {
  labelProblem,
  ROLES,
  roleItResembles,
  rolesThatCount,
  toldRole,
} from '../../../../src/base/words/roles.ts'
import { compilePolicies } from '../../../../src/trust/policy/load.ts'

const LOOKALIKES = `
  Lead LEAD 1ead Iead lead. -lead léad ｌｅａｄ lеad ʟᴇᴀᴅ 𝓵𝓮𝓪𝓭 ⅼeaⅾ ӏead
  Security ѕecurity securіty SECURITY sécurity ꮪecurity securi\u{1d42d}y
  Admin adm1n adrnin аdmin ΑDMIN adⅿin admın admin_ Individual individuaI indiviԁual
`
  .trim()
  .split(/\s+/)

it('who gives a role that is none of the table is told so', () => {
  expect([...ROLES, 'auditor\x1b'].map(toldRole)).toEqual([
    ...ROLES,
    'auditor\\x1b (Karo has no such role: it counts only in policies that name it)',
  ])
})

describe('a name of a role', () => {
  it.each(LOOKALIKES)('%s looks like a role of the table and is none', (name) => {
    expect(ROLES).toContain(roleItResembles(name))
    expect(labelProblem('role', name)).toMatch(/only looks like the role|is no role/)
    expect(rolesThatCount(['auditor', name])).toEqual(['auditor'])
  })

  it.each([
    ...ROLES,
    ...'auditor leads team-lead sysadmin ünïcode.role-1 безопасность 管理 lead2'.split(' '),
  ])('%s is a name of its own', (name) => {
    expect(labelProblem('role', name)).toBeUndefined()
    expect(rolesThatCount([name])).toEqual([name])
  })

  it.each(['laed', 'secuity', 'amdin'])('%s is a slip of the keyboard', (name) =>
    expect(labelProblem('role', name)).toContain('only looks like the role'),
  )

  it('may look like anything as the name of a team', () =>
    expect(labelProblem('team', 'Lead')).toBeUndefined())

  it('is refused in a policy file, with its place', async () => {
    const text = 'forbid (principal, action, resource)\nwhen { principal in Role::"Security" };\n'
    await expect(compilePolicies('org.cedar', text)).rejects.toMatchObject({
      code: 'bad_config',
      where: expect.stringMatching(/^org\.cedar:2:/),
      message: expect.stringContaining('security'),
    })
  })
})
