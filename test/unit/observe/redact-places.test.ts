// Places that say "secret", filled with passwords and with what only stands for one: the first go, the others stay.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { REDACTED, redact } from '../../../src/observe/redact/redact.ts'

const lines = (name: string): string[] =>
  readFileSync(join(import.meta.dirname, '..', '..', 'corpus', `${name}.txt`), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('# '))

/** As people choose and as generators make them; none says by itself that it is one. */
const PASSWORDS = [
  'hunter2',
  'Winter2024!',
  'swordfish',
  'correct-horse',
  'x7Kq9LmP2vTz',
  '4815162342',
  'Zebra_99',
]

/** Spellings in which a value could come back out of a line. */
const spellings = (value: string): string[] => [
  value,
  encodeURIComponent(value),
  Buffer.from(value).toString('base64').replace(/=+$/, ''),
  [...value].toReversed().join(''),
]

const templates = lines('secret-places')

test('the places are many', () => {
  expect(templates.length).toBeGreaterThan(900)
  expect(templates.filter((template) => !template.includes('«⟦pw⟧»'))).toEqual([])
})

test('no secret survives in a place that says so', () => {
  const left = templates.flatMap((template) => {
    const survivors = PASSWORDS.filter((password) => {
      const got = redact(template.replaceAll('«⟦pw⟧»', password).replaceAll('⏎', '\n'))
      return spellings(password).some((spelling) => got.includes(spelling))
    })
    return survivors.length === 0 ? [] : [`${template}  [${survivors.join(' ')}]`]
  })
  expect(left).toEqual([])
})

test('a second time changes nothing, and no line grows by more than its marks', () => {
  for (const template of templates) {
    const line = template.replaceAll('«⟦pw⟧»', PASSWORDS[0]!).replaceAll('⏎', '\n')
    const got = redact(line)
    expect(redact(got)).toBe(got)
    const marks = got.split(REDACTED).length - 1
    // Beside the mark a quote may be closed and opened anew.
    expect(got.length).toBeLessThanOrEqual(line.length + marks * (REDACTED.length + 3))
  }
})

/** What the shell fills in. */
const REFERENCES = [
  '$PASS',
  '"$PASS"',
  '${PASS}',
  '"${PASS}"',
  '"$(cat f)"',
  '$(pass show x)',
  '`cat f`',
  '"$1"',
]
/** What a person fills in, or a program. */
const STAND_INS = [
  "'<password>'",
  "'{{ password }}'",
  'xxx',
  "'***'",
  'none',
  "''",
  "'your-password'",
  "'<your password>'",
]

const NAMED: readonly ((value: string) => string)[] = [
  (value) => `PASSWORD=${value} ./x`,
  (value) => `export DB_PASSWORD=${value}`,
  (value) => `declare -r API_TOKEN=${value}`,
  (value) => `tool --password ${value}`,
  (value) => `tool --password=${value} x`,
  (value) => `docker run -e TOKEN=${value} img`,
  (value) => `set -gx DB_PASSWORD ${value}`,
  (value) => `setenv API_TOKEN ${value}`,
  (value) => `config set db.password ${value}`,
  (value) => `http :80 password=${value}`,
  (value) => `env SECRET=${value} ./x`,
  (value) => `terraform apply -var password=${value}`,
]

const PLACED: readonly ((value: string) => string)[] = [
  (value) => `: \${DB_PASSWORD:=${value}}`,
  (value) => `printf -v PASSWORD %s ${value}`,
  (value) => `read -r PASS <<< ${value}`,
  (value) => `[ "$PASSWORD" = ${value} ]`,
  (value) => `mysql -uroot -p${value} db`,
  (value) => `tool -u bob -p ${value}`,
  (value) => `echo ${value} | docker login --password-stdin reg`,
  (value) => `sshpass -p ${value} ssh h`,
  (value) => `curl -u bob:${value} https://x`,
  (value) => `consul kv put db/password ${value}`,
  (value) => `crudini --set f.ini db password ${value}`,
  (value) => `vault kv put secret/x conn=${value}`,
  (value) => `net user bob ${value} /add`,
  (value) => `mc alias set s https://h KEY ${value}`,
  (value) => `rabbitmqctl add_user bob ${value}`,
  (value) => `printf 'password=%s' ${value} > f`,
]

const generated = [
  ...NAMED.flatMap((place) => [...REFERENCES, ...STAND_INS].map(place)),
  ...PLACED.flatMap((place) => REFERENCES.map(place)),
]

test('what only speaks of secrets stays', () => {
  const kept = lines('look-alike-places').map((line) => line.replaceAll('⏎', '\n'))
  expect(kept.length + generated.length).toBeGreaterThan(500)
  expect(
    [...kept, ...generated].filter((line) => redact(line) !== line).map((line) => [line, redact(line)]),
  ).toEqual([])
})
