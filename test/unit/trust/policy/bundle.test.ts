// What an organisation's bundle may do: take away, and only where the owner said so also give.

import { expect, test } from 'vitest'
import { builtIn } from '../../../../src/trust/policy/built-in.ts'
import type { PolicyEngine } from '../../../../src/trust/policy/index.ts'
import { mergedEngine } from '../../../../src/trust/policy/policy.ts'
import fc, { forAll } from '../../../support/run/properties.ts'
import { anyRequest, request, saying } from './requests.ts'

const permit = saying('allow', 'p@org.cedar:1')
const forbid = saying('deny', 'f@org.cedar:2')
const silent = saying('deny', 'policy.default')
const failed = saying('deny', 'policy.error')
const effect = (own: PolicyEngine, bundle: PolicyEngine, accept: 'restrict' | 'full') =>
  mergedEngine(own, bundle, accept).judge(request()).effect

test.each([
  ['own permits, bundle permits', permit, permit, 'allow', 'allow'],
  ['own permits, bundle is silent', permit, silent, 'allow', 'allow'],
  ['own permits, bundle forbids', permit, forbid, 'deny', 'deny'],
  ['own permits, bundle cannot be judged', permit, failed, 'deny', 'deny'],
  ['own is silent, bundle permits', silent, permit, 'deny', 'allow'],
  ['own is silent, bundle is silent', silent, silent, 'deny', 'deny'],
  ['own forbids, bundle permits', forbid, permit, 'deny', 'deny'],
  ['own cannot be judged, bundle permits', failed, permit, 'deny', 'deny'],
] as const)('%s', (_, own, bundle, restrict, full) => {
  expect(effect(own, bundle, 'restrict')).toBe(restrict)
  expect(effect(own, bundle, 'full')).toBe(full)
})

test('by default no bundle opens anything that the role table does not', () => {
  const bundles = fc.constantFrom(permit, forbid, silent, failed)
  forAll(anyRequest, bundles, (asked, bundle) => {
    const merged = mergedEngine(builtIn, bundle, 'restrict').judge(asked)
    if (builtIn.judge(asked).effect === 'deny') expect(merged.effect).toBe('deny')
  })
})

test('a forbid is one, whatever its file or its @id is called', () => {
  for (const name of ['role.level@organisation.cedar:1', 'role.cedar:1', 'role.x@role.y:2']) {
    const named = saying('deny', name)
    expect(effect(permit, named, 'restrict')).toBe('deny')
    expect(effect(named, permit, 'full')).toBe('deny')
  }
})
