// Secrets leave the line, everything else stays: the rules' own examples, and what must survive entropy.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { looksRandom } from '../../../src/observe/entropy.ts'
import { REDACTED, redact } from '../../../src/observe/redact.ts'
import { REDACTION_RULES } from '../../../src/observe/redact-rules.ts'

const withoutMarks = (example: string): string => example.replace(/[«»]/g, '')
const secretsOf = (example: string): string[] => [...example.matchAll(/«([^»]*)»/g)].map(([, s]) => s!)
const redacted = (example: string): string => example.replace(/«[^»]*»/g, REDACTED)

describe.each(REDACTION_RULES)('$id', (rule) => {
  test.each(rule.redacts)('%s', (example) => {
    expect(redact(withoutMarks(example))).toBe(redacted(example))
    expect(secretsOf(example).length).toBeGreaterThan(0)
  })
  test.each(rule.keeps)('keeps %s', (example) => {
    expect(redact(example)).toBe(example)
  })
})

test('every rule is needed for one of its own examples', () => {
  for (const rule of REDACTION_RULES) {
    const found = rule.redacts.some((example) => new RegExp(rule.pattern).test(withoutMarks(example)))
    expect(found, rule.id).toBe(true)
  }
  expect(new Set(REDACTION_RULES.map(({ id }) => id)).size).toBe(REDACTION_RULES.length)
})

test.each([
  'git checkout 0a1b2c3d4e5f60718293a4b5c6d7e8f901234567',
  'git rebase --onto 3F2504E04F8911D39A0C0305E82C3301 main',
  'docker pull alpine@sha256:4bcff63911fcb4448bd4fdacec207030997caf25e9bea4045fa6c8c44de311d1',
  'kubectl delete pod my-app-7d9f8b6c5d-x2x4z',
  'cat /var/lib/kubelet/pods/3f2504e0-4f89-11d3-9a0c-0305e82c3301/volumes',
  'vim src/components/UserProfileSettingsDialog.test.tsx',
  'git switch feature/JIRA-1234-AddNewThing2',
  'npm run test:integration -- --reporter=verbose --maxWorkers=4',
  'tar xf linux-image-6.1.0-18-amd64-unsigned_6.1.76-1_amd64.deb',
  'ls node_modules/@typescript-eslint/eslint-plugin/dist/rules',
  'curl -sSfL https://example.org/releases/download/v1.55.2/tool_1.55.2_linux_amd64.tar.gz',
  'echo AbstractSingletonProxyFactoryBean',
  'sha256sum -c SHA256SUMS; mkdir -p a/b; ssh -p 22 h',
])('survives: %s', (line) => {
  expect(redact(line)).toBe(line)
})

test('a random token of 20 characters or more goes wherever it stands', () => {
  expect(redact('deploy Zx81kLm2Qp9RtVw4Yb7N now')).toBe(`deploy ${REDACTED} now`)
  expect(looksRandom('Zx81kLm2Qp9RtVw4Yb7')).toBe(false)
})

test('a secret that also occurs as a name is taken out at its own place', () => {
  expect(redact('tool --token token')).toBe(`tool --token ${REDACTED}`)
})

test('never throws, and a second time changes nothing more', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (line) => {
      const once = redact(line)
      expect(redact(once)).toBe(once)
    }),
  )
})

test('long hostile lines take time in proportion to their length', () => {
  for (const unit of [
    'a=',
    '://:',
    '-p ',
    '--token ',
    'echo "',
    "'",
    '-----BEGIN PRIVATE KEY-----',
    'eyJaaaaaaaa.',
  ]) {
    expect(redact(unit.repeat(65_536 / unit.length)).length).toBeGreaterThan(0)
  }
}, 20_000)
