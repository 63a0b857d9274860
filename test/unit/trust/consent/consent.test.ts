// A person's decisions about sharing: each command's effect on the lists, and that stop and off always win.

import { describe, expect, it } from 'vitest'
import { allowing, CHOICE_ENTRIES_MAX, type Choice, stopping } from '../../../../src/trust/consent/index.ts'
import { SHARING_CATEGORIES, type SharingCategory } from '../../../../src/trust/policy/index.ts'
import fc, { forAll } from '../../../support/run/properties.ts'

const choice = (over: Partial<Choice> = {}): Choice => ({
  allow_peers: [],
  allow_supervisors: ['*'],
  deny_peers: [],
  allow_only: [],
  deny_only: [],
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
      allow_only: [],
      deny_only: [],
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
    forAll(fc.array(step, { maxLength: 12 }), entry, (steps, last) => {
      let now = choice()
      for (const one of steps) {
        now = one.what === 'allow' ? allowing(now, one.entry) : stopping(now, one.entry)
      }
      const stopped = stopping(now, last)
      expect(stopped.allow_peers).not.toContain(last)
      expect(stopped.allow_supervisors).not.toContain(last)
      if (last === '*') expect([...stopped.allow_peers, ...stopped.allow_supervisors]).toEqual([])
      else expect(stopped.deny_peers).toContain(last)
    })
  })
})

describe('a decision about categories', () => {
  const of = (who: string, ...categories: SharingCategory[]) => ({ who, categories })

  it('adds up for one entry, in the usual order, and gives nothing to who has everything already', () => {
    const one = allowing(choice(), 'team:eng', ['anomalies'])
    expect(one).toEqual(choice({ allow_only: [of('team:eng', 'anomalies')] }))
    const two = allowing(one, 'team:eng', ['tool_usage', 'anomalies'])
    expect(two.allow_only).toEqual([of('team:eng', 'tool_usage', 'anomalies')])
    const all = choice({ allow_peers: ['team:eng'] })
    expect(allowing(all, 'team:eng', ['tool_usage'])).toEqual(all)
    expect(allowing(two, 'team:eng')).toEqual(choice({ allow_peers: ['team:eng'] }))
  })

  it('leaves the others of a stopped entry stopped, since * may let it have them', () => {
    const stopped = choice({ allow_peers: ['*'], deny_peers: ['role:guest'] })
    expect(allowing(stopped, 'role:guest', ['tool_usage'])).toEqual(
      choice({
        allow_peers: ['*'],
        allow_only: [of('role:guest', 'tool_usage')],
        deny_only: [of('role:guest', 'activity_patterns', 'safety_stats', 'anomalies')],
      }),
    )
  })

  it('is taken back for one category, remembered, and given back', () => {
    const from = choice({ allow_peers: ['*'], allow_only: [of('team:eng', 'tool_usage', 'anomalies')] })
    const stopped = stopping(from, 'team:eng', ['tool_usage'])
    const left = { allow_only: [of('team:eng', 'anomalies')], deny_only: [of('team:eng', 'tool_usage')] }
    expect(stopped).toEqual(choice({ allow_peers: ['*'], ...left }))
    expect(allowing(stopped, 'team:eng', ['tool_usage'])).toEqual({ ...from })
    expect(stopping(stopped, 'team:eng')).toEqual(choice({ allow_peers: ['*'], deny_peers: ['team:eng'] }))
  })

  it('begins anew while sharing is off', () => {
    const off = choice({ allow_peers: ['*'], allow_only: [of('role:lead', 'anomalies')], off: true })
    expect(allowing(off, 'team:eng', ['tool_usage'])).toEqual(
      choice({ allow_supervisors: [], allow_only: [of('team:eng', 'tool_usage')] }),
    )
  })

  it('is no decision about everybody, and its lists are bounded', () => {
    expect(() => stopping(choice(), '*', ['tool_usage'])).toThrow(/not for everybody/)
    const full = Array.from({ length: CHOICE_ENTRIES_MAX }, (_, i) => of(`team:t${i}`, 'anomalies'))
    expect(() => allowing(choice({ allow_only: full }), 'team:x', ['anomalies'])).toThrow(/at most/)
    expect(() => stopping(choice({ deny_only: full }), 'team:x', ['anomalies'])).toThrow(/at most/)
  })

  it('after any history, what was stopped last for a category is in no list for it and stays stopped', () => {
    const entry = fc.constantFrom('team:eng', 'team:ops', 'role:lead')
    const categories = fc.subarray([...SHARING_CATEGORIES], { minLength: 1 })
    const what = fc.constantFrom('allow', 'stop')
    const step = fc.record({ what, entry, categories: fc.option(categories, { nil: undefined }) })
    forAll(fc.array(step, { maxLength: 12 }), entry, categories, (steps, last, taken) => {
      let now = choice()
      for (const one of steps) {
        const decided = one.what === 'allow' ? allowing : stopping
        now = decided(now, one.entry, one.categories)
      }
      const stopped = stopping(now, last, taken)
      const listed = (parts: Choice['allow_only']) => parts.find(({ who }) => who === last)?.categories ?? []
      for (const category of taken) {
        expect(listed(stopped.allow_only)).not.toContain(category)
        expect(listed(stopped.deny_only)).toContain(category)
      }
    })
  })
})
