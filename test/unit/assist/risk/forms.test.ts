// Forms of command lines: what each sign in them means, and that those of the rules can be read.
import { expect, test } from 'vitest'
import { readOptions } from '../../../../src/assist/risk/line/options.ts'
import { NO_OUTPUT, type SimpleCommand, TAINT } from '../../../../src/assist/risk/model.ts'
import { ruleOf } from '../../../../src/assist/risk/rules/forms.ts'
import { RULES } from '../../../../src/assist/risk/rules/index.ts'

/** The words of `line`; one that is `$X` is not told. */
function commandOf(line: string): SimpleCommand {
  const [name = '', ...words] = (line.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ''))
  const args = words.map((text, i) => ({
    text,
    span: [i, i + 1] as const,
    taint: text === '$X' ? TAINT.opaque : TAINT.none,
  }))
  const scope = { cwd: '/home/me', home: '/home/me', variables: new Map() }
  const none = { redirections: [], assignments: [], input: NO_OUTPUT }
  return {
    ...none,
    name,
    path: name,
    known: true,
    args,
    span: [0, line.length],
    scope,
  } as unknown as SimpleCommand
}

const hit = (finds: string, line: string) => {
  const { when } = ruleOf({
    id: 'x',
    level: 'high',
    why: 'X.',
    finds,
    named: {
      main: /^ma(?:in|ster)$/,
      path: /^\/main$/,
      set: /^X=main$/,
      first: (arg, { args }) => arg === args[0],
      two: (_arg, { args }) => args.length === 2,
    },
  })
  const found = when(commandOf(line), readOptions(line.split(' ')[0] ?? '', commandOf(line).args))
  return Array.isArray(found) ? found.map(({ text }) => text).join(' ') : found
}

test.each([
  ['a|b rm|del-*', 'b del-x y', true],
  ['a|b rm|del-*', 'a x rm', undefined],
  ['a|b rm', 'c rm', undefined],
  ['a * rm', 'a x rm', true],
  ['a *? rm', 'a rm', true],
  ['a *? rm', 'a x y rm', undefined],
  ['a … rm', 'a x y rm z', true],
  ['a … rm', 'a x y', undefined],
  ['a rm .', 'a rm', true],
  ['a rm .', 'a rm x', undefined],
  ['a rm -f|--force', 'a -f rm', true],
  ['a rm -f|--force', 'a rm --forc', true],
  ['a rm -f|--force', 'a rm', undefined],
  ['a --acl=public*', 'a --acl=public-read', true],
  ['a --acl=public*', 'a --acl=private', undefined],
  ['a --keep-*', 'a --keep-last', true],
  ['a rm !-n|--dry-run', 'a rm -n', undefined],
  ['a rm !all', 'a rm x all', undefined],
  ['!-n\n a rm\n a del', 'a del -n', undefined],
  ['!?\n a rm', 'a rm --help', undefined],
  ['a flush ruleset', "a 'flush ruleset'", true],
  ['a flush ruleset', 'a flush', undefined],
  ['a … link del {main}', 'a x link del main y', 'main'],
  ['a … link del {main}', 'a x link del y main', undefined],
  ['a -Z*', 'a -Zx', true],
  ['a -Z*', 'a -zx', undefined],
  ['a -Clr*', 'a -clrx', true],
  ['a rm $', 'a rm $X', true],
  ['a rm $', 'a rm x', undefined],
  ['a push * <main>', 'a push o x main', 'main'],
  ['a push * <main>', 'a push main', undefined],
  ['a push {main}', 'a push master main', 'master'],
  ['a push {main}', 'a push x main', undefined],
  ['a @disk -w', 'a -w x /dev/sda', '/dev/sda'],
  ['a @disk|home', 'a x /home/me', '/home/me'],
  ['a last@home', 'a /home/me x', undefined],
  ['a words<main>', 'a -x main', 'main'],
  ['a !{main}', 'a x', true],
  ['a !{main}', 'a main', undefined],
  ['a ~main', 'a main', true],
  ['a ~main', 'a x main', undefined],
  ['a {main} @home', 'a main /home/me', '/home/me'],
  ['a {main} @home', 'a x /home/me', undefined],
  ['install -m|--mode=<main>', 'install -m main x y', 'main'],
  ['install -m|--mode=<main>', 'install --mode=main x y', 'main'],
  ['install -m|--mode=<main>', 'install main x y', undefined],
  ['useradd -p|--password=', "useradd -p '' x", true],
  ['useradd -p|--password=', 'useradd x', undefined],
  ['rm trees@home', 'rm -r /home/me', '/home/me'],
  ['rm trees@home', 'rm /home/me', undefined],
  ['* writes<path>', 'tee /x/../main', '/x/../main'],
  ['* writes<path>', 'tee -a /main', undefined],
  ['* appends<path>', 'tee -a /main', '/main'],
  ['* changes<path>', 'cp x /main', '/main'],
  ['a files<path>', 'a /x/../main', '/x/../main'],
  ['a words<main>!<first>', 'a main master', 'master'],
  ['a words<main>!<first>', 'a main x', undefined],
  ['a words<main><first>', 'a main master', 'main'],
  ['a last!@home', 'a x', 'x'],
  ['a last!@home', 'a x /home/me', undefined],
  ['a words<main>?', 'a x main', true],
  ['a words<main>?', 'a x', undefined],
  ['a {main}? @home', 'a main /home/me', '/home/me'],
  ['a -o|--out=<main>', 'a -o x --out=main', 'main'],
  ['a tops@home', 'a /home/me -name x', '/home/me'],
  ['export sets<set>', 'export X=main', 'X=main'],
  ['export sets<set>', 'export X=mai', undefined],
  ['a ~two', 'a x y', true],
  ['a ~two', 'a x', undefined],
  ['a|b /^x .*y$/', 'b x z y', true],
  ['a /^x .*y$/', 'a x z', undefined],
  ['a rm\n _ del', 'a del', true],
  ['a|b rm\n _ del', 'c del', undefined],
])('%s finds in %s: %s', (finds, line, found) => {
  expect(hit(finds, line)).toBe(found)
})

test('every form of the rules can be read', () => {
  for (const { tools, when } of RULES)
    for (const tool of tools) expect(() => when(commandOf(tool), readOptions(tool, []))).not.toThrow()
  expect(() => hit('a <other>', 'a x')).toThrow('other')
})
