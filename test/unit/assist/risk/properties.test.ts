// Properties of the check: disguises never lower a level, nothing throws, and the work is bounded.

import { describe, expect, test } from 'vitest'
import { findAll } from '../../../../src/assist/risk/check.ts'
import { describe as describeLine } from '../../../../src/assist/risk/describe.ts'
import {
  checkCommand,
  GUARD_PROFILES,
  RISK_LEVELS,
  type RiskLevel,
  riskLevelOf,
  SHELLS,
} from '../../../../src/assist/risk/index.ts'
import { newBudget } from '../../../../src/assist/risk/limits.ts'
import { unfinished } from '../../../../src/assist/risk/line/unfinished.ts'
import { RULES } from '../../../../src/assist/risk/rules/index.ts'
import { LINE_RULES } from '../../../../src/assist/risk/rules/system/lines.ts'
import { examplesOf } from '../../../support/data/rule-examples.ts'
import fc, { anyText, forAll, forAllIn } from '../../../support/run/properties.ts'
import { times } from '../../../support/run/thorough.ts'

const PLACE = { home: '/home/me', cwd: '/home/me/src/project' }
const levelOf = (command: string): RiskLevel => checkCommand(command, PLACE).risk_level
const rank = (level: RiskLevel) => RISK_LEVELS.indexOf(level)

/** Simple commands, as words, whose level no disguise may lower: each is tried some times, all together hundreds of times. */
const RISKY: readonly (readonly string[])[] = [
  ['rm', '-rf', '/'],
  ['rm', '-r', '-f', '/etc'],
  ['rm', '-rf', '/home/me'],
  ['dd', 'if=/dev/zero', 'of=/dev/sda'],
  ['mkfs.ext4', '/dev/sda1'],
  ['chmod', '-R', '777', '/usr'],
  ['git', 'push', '--force', 'origin', 'main'],
  ['git', 'reset', '--hard'],
  ['git', 'clean', '-fdx'],
  ['docker', 'volume', 'rm', 'data'],
  ['kubectl', 'delete', 'namespace', 'prod'],
  ['terraform', 'destroy'],
  ['shutdown', '-h', 'now'],
  ['crontab', '-r'],
  ['iptables', '-F'],
  ['setenforce', '0'],
  ['mv', 'x', '/dev/null'],
  ['insmod', 'x.ko'],
  ['kill', '-9', '-1'],
  ['shred', '/dev/sda'],
  ['find', '/', '-delete'],
  ['cat', '/home/me/.ssh/id_rsa'],
]

/** One word, written another way that means the same to the shell. */
function disguised(word: string): fc.Arbitrary<string> {
  const at = fc.nat({ max: Math.max(0, word.length - 1) })
  return fc.oneof(
    fc.constant(word),
    fc.constant(`'${word}'`),
    fc.constant(`"${word}"`),
    fc.constant(`$'${word}'`),
    at.map((i) => `${word.slice(0, i)}''${word.slice(i)}`),
    at.map((i) => `${word.slice(0, i)}"${word.slice(i, i + 1)}"${word.slice(i + 1)}`),
    at.map((i) => `${word.slice(0, i)}\\${word.slice(i)}`),
    at.map((i) => `${word.slice(0, i)}\\\n${word.slice(i)}`),
    fc.constant(`$'${[...word].map((c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')}'`),
    fc.constant(`$(echo '${word}')`),
    fc.constant(`$(printf %s '${word}')`),
  )
}
const gap = fc.constantFrom(' ', '  ', '\t', ' \\\n ', ' \t ')
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

const WRAPPINGS: readonly ((command: string) => string)[] = [
  (c) => `sudo ${c}`,
  (c) => `sudo -u root -E ${c}`,
  (c) => `doas ${c}`,
  (c) => `env ${c}`,
  (c) => `env -i A=1 ${c}`,
  (c) => `A=1 B=2 ${c}`,
  (c) => `nohup ${c} &`,
  (c) => `nice -n 5 ${c}`,
  (c) => `timeout -k 1 10s ${c}`,
  (c) => `time ${c}`,
  (c) => `command ${c}`,
  (c) => `exec ${c}`,
  (c) => `stdbuf -oL ${c}`,
  (c) => `setsid ${c}`,
  (c) => `busybox ${c}`,
  (c) => `bash -c ${quoted(c)}`,
  (c) => `sh -ec ${quoted(c)}`,
  (c) => `sudo bash -c ${quoted(c)}`,
  (c) => `eval ${quoted(c)}`,
  (c) => `echo ${quoted(c)} | sh`,
  (c) => `bash <<< ${quoted(c)}`,
  (c) => `bash <<'EOF'\n${c}\nEOF`,
  (c) => `ssh host ${quoted(c)}`,
  (c) => `docker exec -it web ${c}`,
  (c) => `watch -n 1 ${quoted(c)}`,
  (c) => `su - root -c ${quoted(c)}`,
  (c) => `true && ${c}`,
  (c) => `ls; ${c}`,
  (c) => `(${c})`,
  (c) => `{ ${c}; }`,
  (c) => `if true; then ${c}; fi`,
  (c) => `for i in 1 2; do ${c}; done`,
  (c) => `f() { ${c}; }; f`,
  (c) => `echo "$(${c})"`,
  (c) => `echo \`${c}\``,
  (c) => `X=${quoted(c)}; eval "$X"`,
  (c) => `echo ${Buffer.from(c).toString('base64')} | base64 -d | bash`,
  (c) => `trap ${quoted(c)} EXIT`,
  (c) => `coproc ${c}`,
  (c) => `diff <(${c}) x`,
  (c) => `! ${c}`,
  (c) => `$NOTHING ${c}`,
]
const ONLY_ONCE = /^(?:true|ls;|if|for|f\(\)|\(|\{|!|coproc|nohup|A=1|time|X=|echo `)/

describe('disguises never lower a level', () => {
  for (const words of RISKY) {
    const plain = levelOf(words.join(' '))
    test(`${words.join(' ')} (${plain})`, () => {
      expect(rank(plain)).toBeGreaterThan(0)
      forAllIn(
        { numRuns: times(5, 150) },
        fc.tuple(...words.map(disguised)),
        fc.array(gap, { minLength: 4, maxLength: 4 }),
        (parts, gaps) => {
          const command = parts.map((part, i) => (i === 0 ? part : gaps[i % 4] + part)).join('')
          expect(rank(levelOf(command)), command).toBeGreaterThanOrEqual(rank(plain))
        },
      )
    })
    test(`${words.join(' ')}, wrapped`, () => {
      forAllIn(
        { numRuns: times(8, 300) },
        fc.constantFrom(...WRAPPINGS),
        fc.constantFrom(...WRAPPINGS),
        fc.boolean(),
        (inner, outer, twice) => {
          const once = inner(words.join(' '))
          // Syntax in front (`if …`, `A=1 …`) is not a command another command could start.
          const command = twice && !ONLY_ONCE.test(once) && !once.includes('EOF') ? outer(once) : once
          expect(rank(levelOf(command)), command).toBeGreaterThanOrEqual(rank(plain))
        },
      )
    })
    test.each(['/bin/', '/usr/bin/', '/usr/local/bin/', './', '../../bin/', '~/bin/', '\\'])(
      `${words.join(' ')} as %s…`,
      (prefix) => {
        expect(rank(levelOf(prefix + words.join(' ')))).toBeGreaterThanOrEqual(rank(plain))
      },
    )
  }

  test('options in any order, split or joined, short or long', () => {
    const flags = fc
      .shuffledSubarray(['r', 'f', 'v', 'i'], { minLength: 1 })
      .filter((some) => some.includes('r'))
    const form = fc.constantFrom('joined', 'split', 'long', 'end', 'dashes')
    forAll(flags, form, (letters, how) => {
      const joined = `-${letters.join('')}`
      const split = letters.map((letter) => `-${letter}`).join(' ')
      const command = {
        joined: `rm ${joined} /`,
        split: `rm ${split} /`,
        long: 'rm --force --recursive /',
        end: `rm / ${joined}`,
        dashes: `rm ${split} -- /`,
      }[how]
      expect(levelOf(command), command).toBe('critical')
    })
  })

  test('the same place by other names', () => {
    for (const place of [
      '/',
      '//',
      '/.',
      '/../',
      '/etc/..',
      '"/"',
      '/*',
      '/?*',
      '/{,usr}',
      '$OLD/',
      '/proc/self/root',
      '${X:-/}',
      '~/../..',
      '$(echo /)',
      '`echo /`',
    ])
      expect(rank(levelOf(`rm -rf ${place}`)), place).toBeGreaterThanOrEqual(rank('high'))
    for (const place of [
      '~',
      '~/',
      '$HOME',
      '${HOME}',
      '"$HOME"',
      '~/.',
      '~me',
      '/home/me/',
      '/home/*/',
      '../..',
      '$HOME/*',
      '~/{*,.*}',
      '/home/m[e]',
      '$PWD/../..',
      '~+/../..',
    ])
      expect(levelOf(`rm -rf ${place}`), place).toBe('critical')
  })
})

describe('any text', () => {
  const nasty = fc.oneof(
    anyText({ maxLength: 60 }),
    fc
      .array(
        fc.constantFrom(
          ...`rm|-rf|/|~|$|(|)|{|}|'|"|\`|;|&|<|>|<<EOF|\n|\\|*|[|]|!|#|=|X=|$X|\${|:-|sudo|bash|-c|eval|if|then|fi|do|done|for|in|case|esac|function|()|\0|\ud800|😀|a`.split(
            '|',
          ),
          '|',
          '||',
          ' ',
          ' ',
        ),
        { maxLength: 25 },
      )
      .map((parts) => parts.join('')),
    fc.mixedCase(fc.string()),
  )
  test('is judged without throwing, with spans inside it', () => {
    forAllIn(
      { numRuns: times(80, 3_000) },
      nasty,
      fc.constantFrom(...SHELLS),
      fc.constantFrom(...GUARD_PROFILES),
      (command, shell, profile) => {
        const verdict = checkCommand(command, { shell, profile })
        expect(verdict.command).toBe(command)
        for (const { span } of verdict.matches) {
          expect(span[0]).toBeGreaterThanOrEqual(0)
          expect(span[1]).toBeGreaterThanOrEqual(span[0])
          expect(span[1]).toBeLessThanOrEqual(command.length)
        }
        expect(riskLevelOf(command, shell)).toBe(verdict.risk_level)
      },
    )
  })

  test('what cannot be read is never Safe when it names a dangerous tool', () => {
    for (const command of [
      "rm -rf 'x",
      'rm -rf $(',
      'rm -rf /etc "',
      'if rm -rf /; then',
      'echo $(rm -rf /',
      '() { rm -rf / }',
      'while rm -rf /',
    ])
      for (const shell of SHELLS)
        expect(rank(checkCommand(command, { ...PLACE, shell }).risk_level), command).toBeGreaterThanOrEqual(
          rank('high'),
        )
  })

  test('each rule holds in its examples even behind sudo and bash -c', () => {
    for (const rule of [...RULES, ...LINE_RULES])
      for (const [at, example] of examplesOf(rule).risky.entries()) {
        // The first of each rule, and of the others an even part.
        if (at % times(3, 1) > 0) continue
        if (example.length > 2000 || example.includes('\0')) continue
        const command = `sudo bash -c ${quoted(example)}`
        const { caller } = rule
        const { risk_level } = checkCommand(command, { ...PLACE, ...(caller !== undefined && { caller }) })
        expect(rank(risk_level), command).toBeGreaterThanOrEqual(rank(rule.level))
      }
  })
})

describe('the work is bounded', () => {
  /** Nodes, words and re-read text spent on one command. */
  const spent = (command: string) => {
    const before = newBudget()
    const after = newBudget()
    const findings = findAll(command, PLACE, after)
    const used = (what: 'nodes' | 'words' | 'nestedText') => before[what] - Math.max(after[what], -1)
    return {
      nodes: used('nodes'),
      words: used('words'),
      nestedText: used('nestedText'),
      findings,
      limits: before,
    }
  }
  const doubling = ['a=xxxxxxxxxxxxxxxx', ...[...Array(40)].map((_, i) => `a=$a$a$a${i}`), 'rm -rf $a'].join(
    '; ',
  )
  const nested = (levels: number, body: string, inner: string) =>
    [...Array(levels)].reduce<string>((text, _, i) => `${body} bash <<E${i}\n${text}\nE${i}`, inner)
  const BOMBS: Readonly<Record<string, string>> = {
    'doubling variables': doubling,
    'nested loops': `${'for i in 1 2 3 4 5 6 7 8; do '.repeat(12)}ls; ${'done; '.repeat(12)}`,
    'nested substitutions': `${'$('.repeat(200)}ls${')'.repeat(200)}`,
    'nested eval': [...Array(30)].reduce<string>((inner) => `eval ${quoted(inner)}`.slice(0, 60_000), 'ls'),
    'nested here-documents': nested(20, '', 'ls'),
    'deep braces in nested scripts': nested(11, '{ '.repeat(180), 'ls'),
    'functions calling each other': `${[...Array(30)].map((_, i) => `f${i}() { f${i + 1}; f${i + 1}; }`).join('; ')}; f0`,
    'nested braces': `echo ${'{a,b}'.repeat(30)}`,
    'a wide range': 'echo {1..999999999}',
    'many words': `rm ${'x '.repeat(30_000)}`,
    'many commands': 'ls;'.repeat(20_000),
    'deep subshells': `${'('.repeat(20_000)}ls`,
    'deep braces': '{ '.repeat(20_000),
    'deep parameter defaults': `echo ${'${a:-'.repeat(200)}x${'}'.repeat(200)}`,
    'open quotes': `"'`.repeat(10_000),
    'wrappers without end': `${'sudo '.repeat(10_000)}rm -rf /`,
    'unknown words without end': `${'$x '.repeat(10_000)}rm -rf /`,
    stars: `rm -rf /${'*a'.repeat(2_000)}`,
    'decoded text decoding itself': `X='eval "$X$X"'; eval "$X"`,
    'a megabyte': 'x'.repeat(1_000_000),
    'empty parentheses': '()'.repeat(30_000),
    'functions in functions': 'a()'.repeat(20_000),
    'here-documents without end': `cat ${'<<E '.repeat(15_000)}`,
    'open expansions': `echo ${'${a:-'.repeat(13_000)}`,
    'functions without bodies': 'function f;'.repeat(5_000),
    'alias of itself': "alias a='a a'; a; alias b='a b'; b",
    'a schedule of schedules': `crontab <<< '${'* * * * * crontab -\n'.repeat(2_000)}'`,
    'down a directory with each of its commands': 'cd a/b/c; '.repeat(6_000),
    'a directory for each of its commands': 'pushd a; ls; '.repeat(4_000),
    'commands in a deep directory': `cd ${'a/'.repeat(1_500)}; ${'rm x; '.repeat(4_000)}`,
    'a long sum of commands': `echo $((${'a+'.repeat(20_000)}1))`,
    'a sum in a loop of commands': `for ((;${'a+'.repeat(10_000)}1;)) do ls; done`,
    'dollars without end': `ls ${'$'.repeat(60_000)}!`,
    'substitutions in parentheses': `for i in ${'(a) '.repeat(15_000)}`,
  }
  /** Not read to their end, so not Safe either. */
  const NOT_READ_WHOLE =
    /commands|megabyte|loops|wrappers|functions|words|eval|here-doc|deep braces in|here-documents without|functions in/
  test.each(Object.entries(BOMBS))('%s', (name, command) => {
    const { nodes, words, nestedText, limits } = spent(command)
    expect(nodes).toBeLessThanOrEqual(limits.nodes + 1)
    expect(words).toBeLessThanOrEqual(limits.words + 1)
    expect(nestedText).toBeLessThanOrEqual(limits.nestedText + 1)
    const levels = SHELLS.map((shell) => checkCommand(command, { ...PLACE, shell }).risk_level)
    if (NOT_READ_WHOLE.test(name)) expect(levels[SHELLS.indexOf('bash')]).not.toBe('safe')
  })
  test('wrappers are taken off a fixed number of times, not once for each of ten thousand', () => {
    expect(spent(BOMBS['wrappers without end'] as string).nodes).toBeLessThan(100)
  })
})

test('whether a line goes on is seen in one pass over its backslashes', () => {
  expect(unfinished(`ls ${'\\'.repeat(60_001)}`)).toEqual({})
  // Sixty thousand of them, read once from each, would take seconds.
  for (let i = 0; i < 20; i++) expect(unfinished(`ls ${'\\'.repeat(60_000)}x`)).toBeUndefined()
})

test('what makes the check itself fail is not Safe', () => {
  const broken = new Proxy(newBudget(), {
    set() {
      throw new RangeError('Maximum call stack size exceeded')
    },
  })
  expect(findAll('ls', PLACE, broken).map(({ rule }) => rule.id)).toEqual(['too-deep'])
})

test('what costs the parser more than it is worth is not read to say what a line consists of', () => {
  for (const shell of SHELLS)
    for (const line of [
      `echo ${'${x} '.repeat(3_000)}`,
      '${x:-'.repeat(13_000),
      `cat ${'<<a '.repeat(1_500)}`,
    ])
      expect(describeLine(line, shell), line.slice(0, 6)).toMatchObject({
        parsed: false,
        parts: [{ kind: 'unreadable' }],
      })
})
