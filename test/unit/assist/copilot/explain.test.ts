// What an explanation says: words, options apart, wrappers, redirections, findings, sources; and that nothing breaks it.

import { beforeAll, describe, expect, test } from 'vitest'
import { type ExplainedPart, type Explanation, explainCommand } from '../../../../src/assist/copilot/index.ts'
import type { Knowledge } from '../../../../src/assist/copilot/knowledge.ts'
import { type Manuals, readOptions, readWhatis } from '../../../../src/assist/copilot/manuals.ts'
import { checkCommand, type SHELLS } from '../../../../src/assist/risk/index.ts'
import { printExplanation } from '../../../../src/cli/commands/terminal/explain.ts'
import { builtKnowledge } from '../../../support/data/knowledge.ts'
import fc, { anyText, forAll, forAllAsyncIn } from '../../../support/run/properties.ts'
import { times } from '../../../support/run/thorough.ts'

let knowledge: Knowledge
beforeAll(() => {
  ;({ knowledge } = builtKnowledge())
})

const explain = (
  command: string,
  shell: (typeof SHELLS)[number] = 'bash',
  manuals: Manuals | false = false,
): Promise<Explanation> =>
  explainCommand(command, { shell, judge: (text) => checkCommand(text, { shell }), knowledge, manuals })

const flat = (parts: readonly ExplainedPart[]): ExplainedPart[] =>
  parts.flatMap((part) => [part, ...flat(part.parts)])
/** Meaning of the innermost part with that text. */
const meaningOf = ({ parts }: Explanation, text: string): string | null | undefined =>
  flat(parts).findLast((part) => part.text === text)?.meaning

test.each([
  ['tar -xzf a.tgz', '-z', 'Compressed with gzip'],
  ['tar xzf a.tgz', 'z', 'Compressed with gzip'],
  ['tar xvf a.tar', 'a.tar', 'The archive of the option f'],
  ['tar czf a.tgz dir', 'a.tgz', 'The archive of the option f'],
  ['tar czf a.tgz dir', 'dir', 'A file in the archive'],
  ['tar cfC a.tar /tmp dir', 'a.tar', 'The archive of the option f'],
  ['tar cfC a.tar /tmp dir', '/tmp', 'The directory of the option C'],
  ['tar cfC a.tar /tmp dir', 'dir', 'A file in the archive'],
  [
    'tar x --strip-components=1',
    '--strip-components=1',
    'Removes this number of leading directories from file names',
  ],
  ['ar rcs lib.a x.o', 'c', 'Creates the library without a warning'],
  ['ar rcs lib.a x.o', 'lib.a', 'The library'],
  ['ar rcs lib.a x.o', 'x.o', 'A file in the library'],
  ['ps aux', 'aux', 'All processes of all users, with processor and memory usage'],
  ['alias ll="ls -l"', 'ls', 'Lists the files in a directory'],
  ['alias ll="ls -l"', '-l', 'Long format: permissions, owner, size and time of each file'],
  [
    'sudo !!',
    '!!',
    'The command before this one: bash and zsh put its text here before the line runs, so Karo cannot see it',
  ],
  ['systemctl restart nginx', 'nginx', 'The unit, such as nginx or nginx.service'],
  ['git log --graph --all', '--graph', 'Draws branches and merges as a graph'],
  ['git log --oneline', '--oneline', 'One line for each commit'],
  ['docker compose up -d', '-d', 'In the background'],
  ['ls -lah', '-h', 'Human-readable sizes with units, such as 1K or 23M'],
  ['grep -A3 x f', '-A3', 'Prints this many lines of context after each match: 3'],
  ['grep --after-context=3 x f', '--after-context=3', 'Prints this many lines of context after each match'],
  ['cargo build --release', '--release', 'Build artifacts in release mode, with optimizations'],
  [
    'kill -9 123',
    '-9',
    'Sends SIGKILL (9): end at once; cannot be caught, so nothing is saved or cleaned up',
  ],
  ['kill -int 123', '-int', 'Sends SIGINT (2): interrupt, like Ctrl-C'],
  ['pkill -sigtstp x', '-sigtstp', 'Sends SIGTSTP (20): stop, like Ctrl-Z'],
  ["trap 'make' Int", 'Int', 'SIGINT (2): interrupt, like Ctrl-C'],
  ['trap - exit', 'exit', 'When the shell ends'],
  ['kill -s TERM 123', '-s', 'This signal'],
  ['chmod 754 f', '754', 'Permissions: owner read+write+execute, group read+execute, others read'],
  ['chmod u+x f', 'u+x', 'Gives the owner: execute'],
  ['chown bob:www f', 'bob:www', 'Owner bob, group www'],
  ['exit 127', '127', 'Command not found'],
  ['head -20 f', '-20', 'Shows 20 lines'],
  ['find . -name x -delete', '-delete', 'Deletes the files that were found'],
  ['find . -exec rm {} \\;', 'rm', 'Deletes files for good; there is no bin'],
  ['sudo -u bob ls', '-u', 'As this user'],
  ['sudo -u bob ls', 'bob', 'The user of the option before it'],
  ['git push --force', 'push', 'Sends commits to a remote repository'],
  ['mysql -u root -p shop', 'shop', 'The database'],
  ['git push --no-verify', '--no-verify', 'Without the hooks'],
  ['rm -- -f', '--', 'Ends the options: the words behind it are no options, even with a dash'],
  ['dd if=a of=b', 'of=b', 'Writes to this file or disk'],
  ['ls > out', '> out', 'Writes standard output into the file, replacing what it held'],
  ['ls 2>&1', '2>&1', 'Sends error messages (standard error) where standard output goes'],
  ['ls &>/dev/null', '&>/dev/null', 'Throws output and error messages away'],
  ['cat <<< hi', '<<< hi', 'Gives the word as standard input'],
  ['ls | wc -l', '|', 'Pipe: what the left side prints is the input of the right side'],
  ['a || b', '||', 'Runs the next command only if the one before failed'],
  ['a &', '&', 'Runs the command before it in the background: the shell does not wait'],
  ['echo $?', '$?', 'Is replaced by the exit code of the last command: 0 means success'],
  [
    'echo ${x:-y}',
    '${x:-y}',
    'Is replaced by the value of the variable x, or, if it is not set, the text after it',
  ],
  ['ls *.txt', '*', 'Stands for any characters: the shell puts the files here whose names fit'],
  ['cd ~', '~', 'Your home directory'],
  ['echo {a,b}', '{a,b}', 'Becomes several words, one for each choice'],
  ['diff <(ls) x', '<(ls)', 'A file name: the file holds the output of the command inside'],
  ['X=1 env', 'X=1', 'Sets the variable X'],
  ['! true', '!', 'Inverts the exit code: success counts as failure, and failure as success'],
  ['while true; do ls; done', 'do', 'Begins the body that is repeated'],
  ['bash -c "ls -a"', '-a', 'Includes hidden files, whose names start with a dot'],
  ["ssh host 'ls -a'", '-a', 'Includes hidden files, whose names start with a dot'],
  ['chmod -x f', '-x', 'Takes away from everyone: execute'],
  ['chmod -x f', 'f', 'The file'],
  ['chmod 600 f', 'f', 'The file'],
  ['journalctl -b -1', '-1', 'The boot before this one'],
  ['xargs -0 rm', 'rm', 'Deletes files for good; there is no bin'],
  ['nmap -p80 host', '-p80', 'These ports; -p- all of them: 80'],
  ['nmap -p 80 host', 'host', 'The machine or network'],
  ['kubectl --context c delete pod x', 'delete', 'Deletes resources of the cluster'],
  ['docker -H tcp://x ps -a', 'ps', 'Lists containers'],
  ['cmake --build b -j 8', '8', 'The jobs of the option before it'],
  ['g++ -pedantic a.cc', '-pedantic', 'Warns about what the standard of the language does not allow'],
  ['ip -br a', 'a', 'Shows the addresses of interfaces, or changes them'],
  ['cmake --build b -j --config Release', '--config', 'Debug or Release'],
  ['make -j -k', '-k', 'Continues after errors as far as possible'],
  ['make -j 4', '4', 'The jobs of the option before it'],
  ['valgrind ./a', './a', 'The program in this file'],
  ["tmux send-keys -t x 'rm -rf build' Enter", 'x', 'The target of the option before it'],
  ["tmux send-keys -t x 'rm -rf build' Enter", 'Enter', 'What is typed; Enter is the key'],
  ["tmux send-keys -t x 'rm -rf build' Enter", 'rm', 'Deletes files for good; there is no bin'],
  ['tmux send-keys -t x C-c', 'C-c', 'What is typed; Enter is the key'],
  ['screen -dr NAME', 'NAME', 'The name of the option before it'],
  ['screen -ls', '-ls', 'Lists what runs'],
  ["screen -S x -X stuff 'make\\n'", 'make', 'Builds what a Makefile describes'],
  ['docker run --log-opt a=b image make', 'image', 'The image'],
  ['docker run --log-opt a=b image make', 'make', 'Builds what a Makefile describes'],
])('%s: %s', async (command, text, meaning) => {
  expect(meaningOf(await explain(command), text)).toBe(meaning)
})

test('what nobody knows is said to be unknown', async () => {
  const found = await explain('frobnicate --wibble 3')
  expect(found.parts[0]?.parts).toMatchObject([
    { kind: 'name', text: 'frobnicate', meaning: null, source: null },
    { kind: 'option', text: '--wibble', meaning: null, source: null },
    { kind: 'word', text: '3', meaning: null, source: null },
  ])
  expect(found.summary).toBe('Runs frobnicate, which Karo knows nothing about.')
})

test.each([
  ['xfs_info /srv', 'Details of an xfs filesystem.'],
  ['xfs_info /srv > facts', 'Details of an xfs filesystem.'],
  ['virsh start vm1', 'Start virtual machine vm1.'],
  // Of two that fit, the one with fewer words left open.
  ['ip route del default', 'Remove the default route.'],
  ['virsh start vm1 --sideways', 'Manages virtual machines of libvirt.'],
  ['xfs_info --sideways', 'Karo has examples of it: karo explain xfs_info.'],
  ['sudo xfs_info /srv', 'Runs sudo xfs_info.'],
])('where words are not known, a line that Karo knows is told as a whole: %s', async (command, summary) => {
  const found = await explain(command)
  expect(found.summary).toBe(summary)
  // A name that something is known of keeps that.
  expect(meaningOf(found, 'ip') ?? '').not.toContain('default route')
})

test('every meaning names its source, and a part without one has none', async () => {
  for (const command of ['sudo docker run -it x | tee y', 'for i in 1; do kubectl get pods; done', 'zz -y']) {
    for (const part of flat((await explain(command)).parts))
      expect(part.meaning === null, part.text).toBe(part.source === null)
  }
  expect((await explain('cargo build')).sources).toEqual(['fig cargo', 'fig cargo build'])
})

test('findings stand at the parts they concern, with the safer form', async () => {
  const found = await explain('git push --force origin main')
  expect(found).toMatchObject({
    risk_level: 'high',
    decision: 'confirm',
    safer: 'git push --force-with-lease origin main',
  })
  expect(flat(found.parts).find(({ text }) => text === '--force')?.risks).toEqual(['git-force-push'])
  const nested = await explain("bash -c 'rm -rf /'")
  expect(flat(nested.parts).filter(({ risks }) => risks.includes('rm-root')).length).toBe(1)
})

test('fish is read as fish', async () => {
  const found = await explain('if test -f x; echo (date); end; set -x A b', 'fish')
  expect(found.parsed).toBe(true)
  expect(meaningOf(found, 'end')).toBe('Ends the block (fish)')
  expect(meaningOf(found, '(date)')).toMatch(/^Runs the command inside first/)
  expect(meaningOf(found, 'date')).toBe('Prints or sets the date and time')
})

test('a pipeline of many commands is one sentence', async () => {
  const said = 'Runs ls and feeds its output to sort, then to head; then ls and feeds its output to wc.'
  expect((await explain('ls | sort | head; ls | wc')).summary).toBe(said)
})

describe('blocks of fish', () => {
  test.each([
    ['for i in (seq 3); echo $i; end', 'loop', 'Runs seq; then echo, once per word of the list.'],
    ['while true; sleep 1; end', 'loop', 'Runs true; then sleep, as long as the condition succeeds.'],
    ['function f; ls; end', 'function', 'Defines a function; nothing runs until it is called.'],
    ['if test -f x; cat x; else if true; ls; end', 'if', 'Runs test; then cat; then true; then ls.'],
    ['switch $x; case a "b*"; ls; case "*"; pwd; end', 'case', 'Runs ls; then pwd.'],
    ['begin; ls; end', 'group', 'Runs ls.'],
    ['for i in a b; ls $i; end | wc -l', 'pipeline', 'Runs ls and feeds its output to wc.'],
  ])('%s is one part', async (command, kind, said) => {
    const found = await explain(command, 'fish')
    expect(found.parts).toMatchObject([{ kind, text: command }])
    expect(found.summary).toBe(said)
    for (const { text, meaning } of flat(found.parts))
      expect(`${text} ${meaning}`).not.toMatch(/argument of :|`then`/)
  })
  test('what is behind them is not in them, and what has no end or no beginning stays in the row', async () => {
    const kindsOf = async (command: string) =>
      (await explain(command, 'fish')).parts.map(({ kind, text }) => `${kind} ${text}`)
    expect(await kindsOf('function f; for i in a; ls; end; end; f')).toEqual([
      'function function f; for i in a; ls; end; end',
      'operator ;',
      'command f',
    ])
    expect(await kindsOf('begin; ls')).toEqual(['keyword begin', 'operator ;', 'command ls'])
    expect(await kindsOf('ls; end; pwd')).toEqual([
      'command ls',
      'operator ;',
      'keyword end',
      'operator ;',
      'command pwd',
    ])
    expect((await kindsOf('ls | while read l; echo $l; end; begin; pwd; end')).at(-1)).toBe(
      'group begin; pwd; end',
    )
  })
  test('words of their heads, and commands that are others in fish', async () => {
    const loop = await explain('for i in a b; ls; end', 'fish')
    expect(meaningOf(loop, 'i')).toBe('The variable, set to the next word in each round')
    expect(meaningOf(loop, 'b')).toBe('A word of the list')
    expect(meaningOf(await explain('set -x A b', 'fish'), '-x')).toBe(
      'Hands it on to the programs started from here',
    )
    expect(meaningOf(await explain('set -x'), '-x')).toBe('Prints each command before it runs')
  })
})

test('patterns of a case are compared, not put in', async () => {
  const found = await explain('case $x in a) ls;; *) pwd;; esac')
  expect(meaningOf(found, '$x')).toMatch(/^Is replaced by/)
  expect(meaningOf(found, 'a')).toBe('A pattern: this branch runs when the word fits it')
  expect(meaningOf(found, '*')).toBe('Fits any text')
})

test('what touches a pattern of zsh in parentheses runs nothing', async () => {
  const found = await explain('ls **/*.c(.om[1,3])', 'zsh')
  expect(meaningOf(found, '(.om[1,3])')).toBe('Alternatives, or a condition for the files (zsh)')
  expect(found.summary).toBe('Lists the files in a directory.')
})

test('a loop is summed up as one, and an unfinished one is no argument of a command', async () => {
  expect((await explain('for i in 1 2; do echo $i; done')).summary).toBe(
    'Runs echo, once per word of the list.',
  )
  const unfinished = await explain('for i in 1 2; do ls')
  expect(meaningOf(unfinished, 'i')).toBe('The variable, set to the next word in each round')
})

test('manual pages are asked about what nothing shipped describes', async () => {
  const manuals: Manuals = {
    whatis: async (name) =>
      name === 'frobnicate' ? { title: 'frobnicate(1)', text: 'frobs nicely' } : undefined,
    page: async (name) =>
      name === 'frobnicate'
        ? {
            title: 'frobnicate(1)',
            options: [{ names: ['-x', '--extra'], argument: 'N', description: 'more of it' }],
          }
        : undefined,
  }
  const found = await explain('frobnicate -x 3 y', 'bash', manuals)
  expect(found.parts[0]?.parts).toMatchObject([
    { kind: 'name', meaning: 'Frobs nicely', source: 'man frobnicate(1)' },
    { kind: 'option', meaning: 'More of it', source: 'man frobnicate(1)' },
    { kind: 'value', text: '3', source: 'man frobnicate(1)' },
    { kind: 'word', text: 'y' },
  ])
})

test('a manual page, which takes a tenth of a second, is not read for a word without a dash', async () => {
  const read: string[] = []
  const page = async (name: string) => {
    read.push(name)
    return undefined
  }
  for (const line of [
    'tar xzf a.tgz',
    'tar xzf a.tgz -C /tmp',
    'dd if=a of=b',
    'find . -name a',
    'tar --frob',
  ])
    await explain(line, 'bash', { whatis: async () => undefined, page })
  expect(read).toEqual(['tar'])
})

describe('manual pages', () => {
  test('options out of a laid-out page', () => {
    const page = [
      'FROB(1)    User Commands    FROB(1)',
      '',
      'OPTIONS',
      '       -a, --all',
      '              do not ignore entries. Second sentence that is long enough.',
      '',
      '       -o, --output <file>  Write to file',
      '       --color[=WHEN]',
      '              colour the output',
      '       -S, --since=, -U, --until=',
      '              Start there.',
      '       not an option',
    ].join('\n')
    expect(readOptions(page)).toEqual([
      { names: ['-a', '--all'], argument: undefined, description: 'do not ignore entries.' },
      { names: ['-o', '--output'], argument: 'file', description: 'Write to file' },
      { names: ['--color'], argument: 'WHEN?', description: 'colour the output' },
      { names: ['-S', '--since', '-U', '--until'], argument: 'value', description: 'Start there.' },
    ])
  })

  test('whatis: the section of programs, only of that name', () => {
    const text = 'printf (3) - formatted output\nprintf (1) - format and print data\nsprintf (1) - no\n'
    expect(readWhatis('printf', text)).toEqual({ title: 'printf(1)', text: 'format and print data' })
    expect(readWhatis('prin', text)).toBeUndefined()
  })

  test('any text gives options or none', () => {
    forAll(fc.array(anyText({ maxLength: 60 }), { maxLength: 20 }), (lines) => {
      for (const { names, description } of readOptions(lines.join('\n'))) {
        expect(names.length).toBeGreaterThan(0)
        expect(description).not.toMatch(/\p{Cc}/u)
      }
    })
  })
})

describe('any text', () => {
  const line = fc.oneof(
    anyText({ maxLength: 80 }),
    fc
      .array(
        fc.constantFrom(
          ...'if then fi for do done while ; | || && & > >> < <<< << ( ) { } $( ) ` " \' \\ $x ${y:-z} ~ * ls -la rm -rf git push curl find -exec \\; sudo bash -c EOF [[ ]] case esac in = + # ! begin end'.split(
            ' ',
          ),
        ),
        { maxLength: 25 },
      )
      .map((words) => words.join(' ')),
  )

  test('is explained with parts inside one another and inside the line, in order', async () => {
    await forAllAsyncIn(
      { numRuns: times(100, 300) },
      line,
      fc.constantFrom('bash', 'fish', 'zsh', 'sh'),
      async (command, shell) => {
        const found = await explain(command, shell)
        const visit = (parts: readonly ExplainedPart[], from: number, to: number): void => {
          for (const { span, text, parts: inner } of parts) {
            expect(from <= span[0] && span[0] <= span[1] && span[1] <= to).toBe(true)
            expect(text.length).toBeLessThanOrEqual(400)
            visit(inner, span[0], span[1])
          }
        }
        visit(found.parts, 0, command.length)
        const shown = printExplanation(found, { colour: false, columns: 80 })
        expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u)
        for (const row of shown.split('\n')) expect(row.length).toBeLessThanOrEqual(82)
      },
    )
  })

  test('however long or deep, ends soon and says what it left out', async () => {
    const odd = [
      'ls '.repeat(350_000),
      '('.repeat(5_000),
      '$('.repeat(1_000),
      'a | '.repeat(10_000),
      'if true; then '.repeat(500),
      'sudo '.repeat(3_000),
      '"$('.repeat(500),
    ]
    for (const command of odd) {
      const found = await explain(command)
      expect(found.truncated || !found.parsed || found.parts.length > 0).toBe(true)
      printExplanation(found, { colour: false, columns: 80 })
    }
    expect((await explain('x'.repeat(1_000_000))).truncated).toBe(true)
  })
})

test('a screen of 80 columns, as a person reads it', async () => {
  const shown = printExplanation(await explain('sudo tar -xzf a.tgz -C "$HOME/x" && ls *.txt'), {
    colour: false,
    columns: 80,
  })
  expect(shown).toBe(`Runs sudo tar; if that succeeds, ls.

sudo              Runs a command as another user, root by default
  tar             Packs files into an archive, or unpacks one
    -x            Extracts files from an archive
    -z            Compressed with gzip
    -f a.tgz      The archive file
    -C "$HOME/x"  Changes to this directory first
      $HOME       Is replaced by your home directory
&&                Runs the next command only if the one before succeeded
ls                Lists the files in a directory
  *.txt           The file or directory
    *             Stands for any characters: the shell puts the files here whose
                  names fit

safe – allowed
`)
})

test.each([
  ['[[ -f x && $y == z ]]', '-f', 'Is a file'],
  ['[[ -f x && $y == z ]]', '==', 'The texts are equal'],
  ['f() { echo hi; }; f', 'f', 'The function that this line defines'],
  ['for f in a b; do echo; done', 'a', 'A word of the list'],
])('%s: %s (compound)', async (command, text, meaning) => {
  expect(
    flat((await explain(command)).parts)
      .filter((part) => part.text === text)
      .map((part) => part.meaning),
  ).toContain(meaning)
})
