// Random tokens go, names stay: counted on random ones, listed for names of all kinds.

import { describe, expect, test } from 'vitest'
import { looksRandom, randomTokens } from '../../../src/observe/redact/entropy.ts'
import { REDACTED, redact } from '../../../src/observe/redact/redact.ts'
import fc, { anyText, forAllIn } from '../../support/run/properties.ts'
import { times } from '../../support/run/thorough.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ALPHABETS = {
  'base 62': `${LETTERS}0123456789`,
  'base 64': `${LETTERS}0123456789+/`,
  'base 64url': `${LETTERS}0123456789-_`,
  'base 36': 'abcdefghijklmnopqrstuvwxyz0123456789',
  'base 32': 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567',
}
const SAMPLES = times(1_000, 4_000)

describe.each(Object.entries(ALPHABETS))('%s', (_, alphabet) => {
  test.each([20, 24, 32, 43, 64])('at least 95 %% of random tokens of %i characters go', (length) => {
    const character = fc.constantFrom(...alphabet)
    const tokens = fc.sample(fc.array(character, { minLength: length, maxLength: length }), {
      numRuns: SAMPLES,
      seed: length,
    })
    const gone = tokens.filter((token) => {
      const left = redact(`deploy ${token.join('')} now`)
      // A sign at the end may be left.
      return left.startsWith(`deploy ${REDACTED}`) && left.length <= `deploy ${REDACTED} now`.length + 1
    })
    expect(gone.length / SAMPLES).toBeGreaterThanOrEqual(0.95)
  })
})

test.each([
  'git checkout 0a1b2c3d4e5f60718293a4b5c6d7e8f901234567',
  'git rebase --onto 3F2504E04F8911D39A0C0305E82C3301 main',
  'sha256sum -c <<< "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  f"',
  'docker pull alpine@sha256:4bcff63911fcb4448bd4fdacec207030997caf25e9bea4045fa6c8c44de311d1',
  'docker rmi sha256-4bcff63911fcb4448bd4fdacec207030997caf25e9bea4045fa6c8c44de311d1',
  'uuidgen --compare 3f2504e0-4f89-11d3-9a0c-0305e82c3301 3F2504E0-4F89-11D3-9A0C-0305E82C3301',
  'cat /var/lib/kubelet/pods/pod-3f2504e0-4f89-11d3-9a0c-0305e82c3301/volumes',
  'kubectl delete pod my-app-7d9f8b6c5d-x2x4z node-exporter-kube-prometheus-4xk9q',
  'aws ec2 start-instances --instance-ids i-0abcd1234ef567890',
  'vim src/components/UserProfileSettingsDialog.test.tsx',
  'grep -rn AbstractSingletonProxyFactoryBean src/main/java/org/springframework/aop/framework',
  'grep OAuth2AuthorizedClientManager Base64UrlSafeEncoder2Test X509CertificateThumbprint K8sV1Deployment2SpecBuilder',
  'grep Log4j2XmlConfigV2Factory HibernateSQLQueryJPA2Impl gRPCHTTP2ToJSONTranscoder UTF8toUTF16LEConverterX2',
  'grep TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 NIST_P256r1ECDSAwithSHA256 AES256GCMSHA384X25519',
  'grep Rechnungserstellungsprozess przetwarzanieZamowienKlienta zhongguoRenminYinhangXitong',
  './gradlew :app:compileReleaseUnitTestKotlin :core:network:assembleDebugAndroidTest testDebugUnitTestCoverage2',
  'git switch feature/JIRA-1234-AddNewThing2 release/2024-Q3/Hotfix-7B',
  'npm run test:integration -- --reporter=verbose --maxWorkers=4',
  'tar xf linux-image-6.1.0-18-amd64-unsigned_6.1.76-1_amd64.deb',
  'ls node_modules/@typescript-eslint/eslint-plugin/dist/rules',
  'pip install cpython-312-x86_64-linux-gnu manylinux2014_x86_64_cp312',
  'ollama run Meta-Llama-3-8B-Instruct-Q5_K_M llama-2-13b-chat-Q4_K_M-GGUF',
  'mv IMG_20240101_123456_HDR.jpg 20240101T120000Z-backup-DB01.tar MyApp-1.2.3-SNAPSHOT-20240101T120000Z.jar',
  'curl -sSfL https://example.org/releases/download/v1.55.2/tool_1.55.2_linux_amd64.tar.gz',
  'cd /usr/lib/x86_64-linux-gnu/perl5/5.36/auto/Storable ~/.cargo/registry/src/index.crates.io-6f17d22bba15001f',
  'cat ../../UserService/src/main/kotlin/AppConfig2/DbV2Migrations/R2dbcConnectionFactory.kt',
])('keeps %s', (line) => {
  expect(redact(line)).toBe(line)
})

test.each([
  ['deploy Zx81kLm2Qp9RtVw4Yb7N now', 'deploy [redacted] now'],
  ['curl https://h.corp/hooks/Zx81kLm2Qp9RtVw4Yb7N/run', 'curl https://h.corp/hooks/[redacted]/run'],
  [
    'touch copy-of-all-there-was-in-the-directory-Zx81kLm2Qp9RtVw4Yb7N.bak',
    'touch copy-of-all-there-was-in-the-directory-[redacted].bak',
  ],
  ['echo dGhpcyBpcy9hIHRva2VuK3dpdGg/c2lnbnM9PQ==', 'echo [redacted]'],
  ['KEY=dGhpcyBpcyBhIHRva2VuIHdpdGggc2lnbnM= run', 'KEY=[redacted] run'],
  ["deploy Zx81kLm2'Qp9RtVw4Yb7N' now", 'deploy [redacted] now'],
])('%s becomes %s', (line, stored) => {
  expect(redact(line)).toBe(stored)
})

test('19 characters are too few to tell, even when all are odd', () => {
  expect(looksRandom('Zx81kLm2Qp9RtVw4Yb7N')).toBe(true)
  expect(looksRandom('Zx81kLm2Qp9RtVw4Yb7')).toBe(false)
})

test('tokens found are in order, apart, and in the text', () => {
  const run = fc.array(fc.constantFrom(...'aZ9x/+_-= .:'), { maxLength: 120 }).map((parts) => parts.join(''))
  forAllIn({ numRuns: times(500, 5_000) }, fc.oneof(run, anyText({ maxLength: 80 })), (text) => {
    let last = 0
    for (const [from, to] of randomTokens(text)) {
      expect(from).toBeGreaterThanOrEqual(last)
      expect(to).toBeGreaterThanOrEqual(from + 20)
      last = to
    }
    expect(last).toBeLessThanOrEqual(text.length)
  })
})

test.each(['x'.repeat(40), 'xz'.repeat(20), 'abcQ9'.repeat(8)])('a filler is no token: %s', (filler) => {
  expect(looksRandom(filler)).toBe(false)
})
