// A person's decisions about sharing: each command's effect on the lists, and that stop and off always win.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allowing, CHOICE_ENTRIES_MAX, type Choice, stopping } from '../../../../src/trust/consent/consent.ts'

const choice = (over: Partial<Choice> = {}): Choice => ({
  allow_peers: [],
  allow_supervisors: ['*'],
  deny_peers: [],
  off: false,
  ...over,
})

describe('a decision', () => {
  it('adds an allowed entry once and takes it off the stopped', () => {
    const once = allowing(choice({ deny_peers: ['team:eng', 'role:lead'] }), 'team:eng')
    expect(once).toEqual(choice({ allow_peers: ['team:eng'], deny_peers: ['role:lead'] }))
    expect(allowing(once, 'team:eng')).toEqual(once)
  })

  it('remembers whom it stopped, since * may let them have it', () => {
    const stopped = stopping(choice({ allow_peers: ['*', 'team:eng'] }), 'team:eng')
    expect(stopped).toEqual(choice({ allow_peers: ['*'], deny_peers: ['team:eng'] }))
  })

  it('empties the lists when everybody is stopped, so that one node can be allowed afterwards', () => {
    const nobody = stopping(choice({ allow_peers: ['*', 'team:eng'] }), '*')
    expect(nobody).toEqual(choice({ allow_supervisors: [] }))
    expect(allowing(nobody, 'role:lead').allow_peers).toEqual(['role:lead'])
  })

  it('begins anew when somebody is allowed while sharing is off', () => {
    const off = choice({ allow_peers: ['*'], deny_peers: ['role:guest'], off: true })
    expect(allowing(off, 'team:eng')).toEqual({
      allow_peers: ['team:eng'],
      allow_supervisors: [],
      deny_peers: ['role:guest'],
      off: false,
    })
  })

  it('bounds the lists', () => {
    const full = choice({ allow_peers: Array.from({ length: CHOICE_ENTRIES_MAX }, (_, i) => `team:t${i}`) })
    expect(() => allowing(full, 'team:one-more')).toThrow(/at most/)
    expect(allowing(full, 'team:t3')).toEqual(full)
  })

  it('after any history, what was stopped last is in no list and stays stopped', () => {
    const entry = fc.constantFrom('*', 'team:eng', 'team:ops', 'role:lead')
    const step = fc.record({ what: fc.constantFrom('allow', 'stop'), entry })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), entry, (steps, last) => {
        let now = choice()
        for (const one of steps) {
          now = one.what === 'allow' ? allowing(now, one.entry) : stopping(now, one.entry)
        }
        const stopped = stopping(now, last)
        expect(stopped.allow_peers).not.toContain(last)
        expect(stopped.allow_supervisors).not.toContain(last)
        if (last === '*') expect([...stopped.allow_peers, ...stopped.allow_supervisors]).toEqual([])
        else expect(stopped.deny_peers).toContain(last)
      }),
    )
  })
})
