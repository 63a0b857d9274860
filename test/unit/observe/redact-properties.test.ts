// Whatever the line: redaction ends, repeats itself, and lets no secret through however it is quoted and wrapped.

import { describe, expect, test } from 'vitest'
import { redact } from '../../../src/observe/redact/redact.ts'
import { REDACTION_EXAMPLES } from '../../support/data/redaction-examples.ts'
import fc, { anyText, forAllIn } from '../../support/run/properties.ts'
import { times } from '../../support/run/thorough.ts'

const examples = [...REDACTION_EXAMPLES.values()].flatMap(({ redacts, keeps }) => [...redacts, ...keeps])
const lines = examples.map((example) => example.replace(/[«»]/g, ''))

/** What the shell, the rules and the shapes look at, one by one. */
const FRAGMENTS = [
  ...' \t\n\r\\\'"`$(){}<>|;&#=:@?/-+,.![]%',
  ...[
    '$(',
    '${',
    '${a:-',
    '$((',
    "$'",
    '$"',
    '<(',
    '<<',
    '<<-',
    '<<<',
    '&&',
    '||',
    '>&',
    '2>&1',
    '\\\n',
    '+=',
    ':=',
  ],
  ...[
    '<<A\n',
    'A\n',
    'a',
    'b1',
    'X_',
    '--password',
    'token=',
    'PASSWORD=',
    '-p',
    '-u',
    'mysql -p',
    'curl -u a:',
  ],
  ...['sudo -S', 'echo ', 'set -x T_TOKEN ', 'config set token ', '://', 'https://', '://a:', '"password":"'],
  ...[
    'password: ',
    "password '",
    'identified by ',
    'password for ',
    'Authorization: ',
    'x-token:',
    'bearer ',
    '?sig=',
  ],
  ...[
    '-----BEGIN PRIVATE KEY-----',
    '-----END PRIVATE KEY-----',
    'eyJaaaaaaaa.',
    'eyJaaaaaaaa-',
    'ghp_',
    'sk-',
    'SG.',
  ],
  ...[
    'AKIAIOSFODNN7EXAMPLE',
    ':pserver:a:',
    '#$(',
    'AAAAC3NzaC1',
    '-----BEGIN CERTIFICATE-----',
    'kind: Secret\ndata:\n a: ',
    'token = ',
    '<token>',
    'WIFI:T:a;P:',
    'Zx81kLm2Qp9RtVw4Yb7N',
    'aB3/',
    'git commit -m "',
    'bash -c "',
    'TOKEN=(',
    '[redacted]',
  ],
  ...['\ud800', '\udc00', 'é', '\u00a0', '\u2028', '\0', '😀'],
]

describe('any line', () => {
  const any = fc.oneof(
    anyText({ maxLength: 200 }),
    fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
      .map((units) => String.fromCharCode(...units)),
    fc.array(fc.constantFrom(...FRAGMENTS), { maxLength: 40 }).map((parts) => parts.join('')),
    fc.array(fc.constantFrom(...FRAGMENTS, ...lines), { maxLength: 6 }).map((parts) => parts.join('')),
    fc.tuple(fc.constantFrom(...lines), fc.nat(), fc.constantFrom(...FRAGMENTS)).map(([line, at, part]) => {
      const i = at % (line.length + 1)
      return line.slice(0, i) + part + line.slice(i)
    }),
  )

  test('is redacted without fail, and a second time changes nothing', () => {
    forAllIn({ numRuns: times(250, 20_000) }, any, (line) => {
      const once = redact(line)
      expect(redact(once)).toBe(once)
    })
  })

  // 64 KiB is the longest command that is stored. Quadratic work would take minutes for one of these alone.
  const STARTS = ['', '"', "'", 'mysql -p"', 'x://a:', 'cat <<E\n', '$(']
  test.each(STARTS.map((start, i) => [start, i] as const))(
    'of 64 KiB behind %j takes no time to speak of',
    (start, turn) => {
      // Usually every fourth fragment, behind one of the starts.
      for (const part of FRAGMENTS.filter((_, i) => times(i % (4 * STARTS.length) === 4 * turn, true))) {
        expect(redact(start + part.repeat(65_536 / part.length)).length).toBeGreaterThan(0)
      }
    },
  )

  test('of commands in comments in substitutions in comments has an end', () => {
    const line = '#$(sudo '.repeat(8_000)
    expect(redact(line)).toBe(line)
    expect(redact(`${line}--password hunter2`)).toContain('[redacted]')
  })

  test('of 64 KiB of one example after the other takes no time to speak of', () => {
    // A few, each of another kind: the corpora are sorted by kind.
    for (const line of lines.filter((_, i) => i % times(96, 8) === 0))
      expect(redact(`${line} `.repeat(65_536 / line.length)).length).toBeGreaterThan(0)
  })
})

/** Ways to write a value as a word or a part of one. */
const QUOTINGS: Readonly<Record<string, (text: string) => string>> = {
  single: (text) => `'${text.replaceAll("'", "'\\''")}'`,
  double: (text) => `"${text.replace(/[\\"$`]/g, '\\$&')}"`,
  ansi: (text) => `$'${text.replace(/[\\']/g, '\\$&')}'`,
  bare: (text) => text.replace(/[^A-Za-z0-9]/g, '\\$&'),
  halves: (text) => QUOTINGS.bare!(text.slice(0, 5)) + QUOTINGS.single!(text.slice(5)),
  mixed: (text) => QUOTINGS.double!(text.slice(0, 4)) + QUOTINGS.ansi!(text.slice(4)),
}

/** Positions of a secret; the value comes as it is written in the shell. */
const POSITIONS: readonly ((word: string) => string)[] = [
  (word) => `tool --password=${word} x`,
  (word) => `tool --db-password ${word} x`,
  (word) => `tool --api-key \\\n  ${word}`,
  (word) => `tool -storepass ${word}`,
  (word) => `java -Ddb.password=${word} -jar a.jar`,
  (word) => `export A=1 DB_PASSWORD=${word} B=2`,
  (word) => `X_TOKEN+=${word}`,
  (word) => `PASSWORD="$X"${word}`,
  (word) => `PASSWORD=\${P:-${word}} run`,
  (word) => `export API_TOKENS=(${word} ${word})`,
  (word) => `docker run -e TOKEN=${word} img`,
  (word) => `kubectl create secret generic s --from-literal=password=${word}`,
  (word) => `mysql -u root -p${word} db`,
  (word) => `docker exec -it c mysql -p${word}`,
  (word) => `curl -u me:${word} http://h`,
  (word) => `curl -sSLume:${word} http://h`,
  (word) => `curl --user=me:${word} http://h`,
  (word) => `curl -H 'X-Api-Key: '${word} http://h`,
  (word) => `curl -H Authorization:${word} http://h`,
  (word) => `docker login -u me -p ${word} reg`,
  (word) => `docker login -p${word} reg`,
  (word) => `sshpass -p ${word} ssh -p 22 h`,
  (word) => `htpasswd -nb me ${word}`,
  (word) => `smbclient //h/s -U me%${word}`,
  (word) => `zip -P ${word} a.zip f`,
  (word) => `7z a -p${word} a.7z f`,
  (word) => `openssl enc -k ${word} -in f`,
  (word) => `openssl rsa -passin pass:${word} -in f`,
  (word) => `az login -u me -p ${word}`,
  (word) => `nmcli dev wifi connect n password ${word}`,
  (word) => `passwd bob <<< ${word}`,
  (word) => `sudo -S id <<<${word}`,
  (word) => `echo ${word} | sudo -S id`,
  (word) => `(echo ${word}; echo ${word}) | passwd bob`,
  (word) => `printf '%s' ${word} | docker login --password-stdin reg`,
  (word) => `set -x DB_PASSWORD ${word}`,
  (word) => `aws configure set aws_secret_access_key ${word} --profile p`,
  (word) => `http :80 password:=${word}`,
]

/** What may stand around a command; `quote` makes one word of a text. */
const SURROUNDINGS: readonly ((command: string) => string)[] = [
  (command) => command,
  (command) => `cd /srv && sudo env A=1 true; ${command} | cat`,
  (command) => `if ${command}; then ls; fi`,
  (command) => `for i in a b; do ${command}; done > /tmp/x 2>&1`,
  (command) => `(${command})`,
  (command) => `X=$(${command})`,
  (command) => `echo "it is $(${command})" done`,
  (command) => (/[^\\]\n/.test(command) ? command : `# ${command}`),
  (command) => `git commit -m "don't" \n${command}\nls`,
  (command) => `cat <<'EOF'\nit's $(\nEOF\n${command}`,
  (command) => `bash -c ${QUOTINGS.single!(command)}`,
  (command) => `ssh h ${QUOTINGS.double!(command)}`,
  (command) => `ssh h 'sudo bash -c '${QUOTINGS.single!(QUOTINGS.double!(command))}`,
  (command) => `bash <<'EOF'\n${command}\nEOF\nls`,
]

/** Secrets inside of texts, which have signs of their own. */
const TEXTS: readonly ((secret: string) => string)[] = [
  (secret) => `https://me:${secret}@git.corp/x.git`,
  (secret) => `https://${secret}@git.corp/x.git`,
  (secret) => `amqp://me:${secret}/x@h:5672/v`,
  (secret) => `postgres://app:${secret}@db.corp:5432/shop?sslmode=require`,
  (secret) => `http://h/x?user=me&api_key=${secret}&n=1`,
  (secret) => `user=me&password=${secret}&n=1`,
  (secret) => `host=h password=${secret} dbname=d`,
  (secret) => `Server=h;User Id=sa;Password=${secret};Trust=1`,
  (secret) => `username=me,password=${secret},uid=1`,
  (secret) => `{"user": "me", "password": "${secret}", "n": 1}`,
  (secret) => `{'user': 'me', 'client_secret': '${secret}'}`,
  (secret) => `ALTER USER me WITH PASSWORD '${secret}';`,
  (secret) => `CREATE USER me IDENTIFIED BY "${secret}";`,
  (secret) => `Authorization: Bearer ${secret}`,
  (secret) => `Authorization: Digest username="me", response="${secret}"`,
  (secret) => `kind: Secret\nstringData:\n  password: ${secret}\n  x: y`,
  (secret) => `A=1\nDB_PASSWORD=${secret}\nB=2`,
  (secret) => `-----BEGIN EC PRIVATE KEY-----\n${secret}\n-----END EC PRIVATE KEY-----`,
  (secret) => `-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n${secret}\n-----END PGP PRIVATE KEY BLOCK-----`,
]

const PLACES: readonly ((text: string) => string)[] = [
  (text) => `tool ${QUOTINGS.single!(text)} x`,
  (text) => `tool ${QUOTINGS.double!(text)} x`,
  (text) => `tool --data=${QUOTINGS.double!(text)}`,
  (text) => `tool ${QUOTINGS.ansi!(text)}`,
  (text) => `cat > f <<EOF\nit's\n${text}\nEOF`,
  (text) => `cat > f <<-'EOF'\n\t${text}\n\tEOF`,
  (text) => `tool <<< ${QUOTINGS.single!(text)}`,
]

test('a secret in a text never survives', () => {
  forAllIn(
    { numRuns: times(250, 20_000) },
    fc.stringMatching(/^[A-Za-z0-9!%+.~^*_-]{4,12}[A-Z0-9]{6}[A-Za-z0-9!%+.~^*_-]{0,12}$/),
    fc.constantFrom(...TEXTS),
    fc.constantFrom(...PLACES),
    fc.constantFrom(...SURROUNDINGS),
    (secret, text, place, around) => {
      const line = around(place(text(secret)))
      const template = around(place(text('')))
      const left = redact(line)
      for (const part of secret.match(/[A-Za-z0-9]{4,}/g) ?? []) {
        if (!template.includes(part)) expect(left, line).not.toContain(part)
      }
    },
  )
})

test('a secret never survives, wherever and however it is written', () => {
  const secret = fc
    .tuple(
      fc.string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 30 }),
      fc.stringMatching(/^[A-Z0-9]{6}$/),
    )
    // Runs of letters below four could be anybody's; behind a blank, `-x` is the next option.
    .map(([text, mark]) => (text.slice(0, 9) + mark + text.slice(9)).replace(/^-+/, ''))
    .filter((text) => /^[!-~]/.test(text))
  forAllIn(
    { numRuns: times(250, 20_000) },
    secret,
    fc.constantFrom(...Object.keys(QUOTINGS)),
    fc.constantFrom(...POSITIONS),
    fc.constantFrom(...SURROUNDINGS),
    (text, quoting, position, around) => {
      const line = around(position(QUOTINGS[quoting]!(text)))
      const template = around(position(''))
      const left = redact(line)
      for (const part of text.match(/[A-Za-z0-9]{4,}/g) ?? []) {
        if (!template.includes(part)) expect(left, line).not.toContain(part)
      }
    },
  )
})
