// What a person types finds exactly one node or an error that helps; it never guesses.

import { expect, test } from 'vitest'
import { type Candidate, resolveNode } from '../../../../src/trust/peers/trust.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { code } from '../../../support/run/code.ts'
import fc, { forAll } from '../../../support/run/properties.ts'

const candidate = (n: number, name: string, chosen = false, met = false): Candidate => {
  const { nodeId, fingerprint } = testIdentity(n)
  return { node_id: nodeId, fingerprint, name, chosen, met }
}
const bob = candidate(1, 'bob')
const ann = candidate(2, 'ann')
const nameless = candidate(3, '')
const known = [bob, ann, nameless]

test('a node id is itself, known or not', () => {
  expect(resolveNode(bob.node_id, known)).toBe(bob.node_id)
  const stranger = testIdentity(99).nodeId
  expect(resolveNode(` ${stranger}\n`, known)).toBe(stranger)
})

test('a fingerprint in any grouping and case', () => {
  const fp = nameless.fingerprint
  const groups = fp.match(/.{4}/g)!
  const grouped = [' ', ':', '-'].map((between) => groups.join(between))
  for (const text of [fp, fp.toUpperCase(), ` ${fp} `, ...grouped])
    expect(resolveNode(text, known)).toBe(nameless.node_id)
})

test('a name that one node has', () => {
  expect(resolveNode('ann', known)).toBe(ann.node_id)
  expect(resolveNode(' ann ', known)).toBe(ann.node_id)
})

test('a name that nobody else has may be that of this node, so no other node is said to be known as that', () => {
  expect(() => resolveNode('hq', known)).toThrow("no other node is known as 'hq'")
})

test('a name that several have is a conflict that lists them', () => {
  const second = candidate(4, 'bob')
  const attempt = () => resolveNode('bob', [...known, second])
  expect(attempt).toThrow(code('conflict'))
  expect(attempt).toThrow(bob.fingerprint)
  expect(attempt).toThrow(second.fingerprint)
})

test('a name that people here chose is the one meant, whoever else claims it; two chosen ones are a conflict', () => {
  const ours = candidate(4, 'eve', true)
  const claims = [candidate(5, 'eve'), candidate(6, 'eve')]
  expect(resolveNode('eve', [claims[0]!, ours, claims[1]!])).toBe(ours.node_id)
  expect(() => resolveNode('eve', [ours, candidate(7, 'eve', true)])).toThrow(code('conflict'))
})

test('a chosen name made of hex digits does not win over the fingerprint it equals', () => {
  expect(() => resolveNode(bob.fingerprint, [...known, candidate(5, bob.fingerprint, true)])).toThrow(
    code('conflict'),
  )
})

test('a name that a stranger makes look like a fingerprint means nothing', () => {
  const liar = candidate(5, bob.fingerprint, false, true)
  expect(resolveNode(bob.fingerprint, [liar, ...known])).toBe(bob.node_id)
  const other = candidate(6, testIdentity(77).fingerprint)
  expect(() => resolveNode(other.name, [...known, other])).toThrow(code('not_found'))
})

test('one that was met is meant, however many others claim its name; two that were met are a conflict', () => {
  const ash = candidate(4, 'ash', false, true)
  const invented = Array.from({ length: 64 }, (_, n) => candidate(100 + n, 'ash'))
  expect(resolveNode('ash', [...invented, ash])).toBe(ash.node_id)
  expect(() => resolveNode('ash', invented)).toThrow(code('conflict'))
  expect(() => resolveNode('ash', [ash, candidate(5, 'ash', false, true)])).toThrow(code('conflict'))
})

test('an unknown one is not found, with the nearest name', () => {
  expect(() => resolveNode('bbo', known)).toThrow(
    expect.objectContaining({ code: 'not_found', hint: expect.stringContaining("'bob'") }),
  )
  for (const text of ['', '   ', 'zzzzzzzz', '0123456789abcdef', bob.fingerprint.slice(0, 15), 'BOB']) {
    expect(() => resolveNode(text, known)).toThrow(code('not_found'))
  }
})

test('a damaged node id is named as such', () => {
  for (const text of [`${bob.node_id}=`, bob.node_id.slice(0, -1), 'karo:ed25519:', 'karo:rsa:abc']) {
    expect(() => resolveNode(text, known)).toThrow(code('bad_request'))
  }
})

test('any text resolves to a node it names or is refused with a code', () => {
  forAll(fc.string({ maxLength: 200 }), (text) => {
    try {
      const node = resolveNode(text, known)
      const found = known.find(({ node_id }) => node_id === node)
      expect([found?.name, found?.fingerprint, found?.node_id]).toContain(text.trim())
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^(not_found|bad_request|conflict)$/) })
    }
  })
})
