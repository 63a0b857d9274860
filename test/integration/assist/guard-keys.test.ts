// The guard at every key that accepts a line, in real shells: other modes, pastes, the history, editors, completions.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PLAIN_LINES } from '../../../src/assist/risk/ruled-tools.ts'
import { GUARDS } from '../../../src/observe/hooks/guard/guards.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { until } from '../../support/run/until.ts'
import {
  CLEAR,
  type GuardedOptions,
  type GuardedShell,
  startGuarded,
} from '../../support/shell/guarded-shell.ts'
import { commandsOf, startShell } from '../../support/shell/hooked-shell.ts'

/** Vi mode, with a short wait for what follows an escape key, and the command mode shown. */
const VI = {
  bash: {
    mode: "set -o vi; bind 'set keyseq-timeout 1'; bind 'set show-mode-in-prompt on'; bind 'set vi-cmd-mode-string (cmd)'",
    shown: '(cmd)',
  },
  zsh: {
    mode: 'bindkey -v; KEYTIMEOUT=1; zle-keymap-select() { print -n "($KEYMAP)" >/dev/tty }; zle -N zle-keymap-select',
    shown: '(vicmd)',
  },
  fish: { mode: 'fish_vi_key_bindings; set -g fish_escape_delay_ms 10', shown: '[N]' },
} as const

/** From insert mode to command mode. */
async function escaped(shell: GuardedShell, shown: string): Promise<void> {
  const from = shell.screen().length
  shell.keys('\u001b')
  await until(() => shell.screen().slice(from).includes(shown), { what: 'command mode' })
}

const XTERM = { TERM: 'xterm' }
/** What a terminal sends for a paste. */
const pasted = (text: string): string => `\x1b[200~${text}\x1b[201~`

test.each(['bash', 'zsh', 'fish'] as const)(
  '%s: a paste of several lines is judged before any of it runs',
  async (program) => {
    const options: GuardedOptions = {
      program,
      env: XTERM,
      marked: true,
      ...(program === 'zsh' && { after: "zle_bracketed_paste=($'\\e[?2004h' $'\\e[?2004l')" }),
    }
    const shell = await startGuarded(options)
    await shell.noted(pasted('make one\nrm -rf ~\nmake two'))
    await shell.printed('is in your history')
    expect(shell.notes()).toEqual(['blocked critical'])
    expect(shell.ran()).toEqual([])
    const other = await startGuarded({ ...options, harmless: ['make one\nmake two'] })
    await other.run(pasted('make one\nmake two'))
    await until(() => other.ran().length === 2, { what: 'two commands' })
    expect(other.ran()).toEqual(['make one', 'make two'])
  },
)

test.each(['bash', 'zsh', 'fish'] as const)('%s: in vi mode, from both of its modes', async (program) => {
  const { mode, shown } = VI[program]
  const shell = await startGuarded({ program, after: mode, ...(program === 'fish' && { marked: true }) })
  await shell.noted('git push -f a', 'y')
  shell.keys('git push -f b')
  await escaped(shell, shown)
  await shell.noted('', 'y')
  await until(() => shell.ran().length === 2, { what: 'two pushes' })
  expect(shell.ran()).toEqual(['git push -f a', 'git push -f b'])
})

test.each(['bash', 'zsh'] as const)('%s: what the history makes of a line', async (program) => {
  const shell = await startGuarded({
    program,
    before: program === 'bash' ? 'set -o history; set -H' : 'HISTSIZE=100',
  })
  await shell.noted('git push -f', 'y')
  await shell.noted('!!', 'n')
  await shell.noted('^push^push -q^', 'n')
  // What was refused is in the history too.
  await shell.noted('!git', 'y')
  await until(() => shell.ran().length === 2, { what: 'two pushes' })
  expect(shell.ran()).toEqual(['git push -f', 'git push -q -f'])
})

test.each(['bash', 'zsh', 'fish'] as const)(
  '%s: a job that ends while the person is asked',
  async (program) => {
    const directory = temporaryDirectory()
    const [gate, pid] = [join(directory, 'gate'), join(directory, 'pid')]
    execFileSync('mkfifo', [gate])
    const job = `sh -c 'echo $$ >${pid}; read x <${gate}' &`
    const before = program === 'zsh' ? 'HISTSIZE=100' : ''
    const shell = await startGuarded({ program, before, harmless: [job] })
    await shell.run(job)
    await until(() => existsSync(pid) && readFileSync(pid, 'utf8') !== '', { what: 'the job' })
    shell.keys('git push -f\r')
    await until(() => shell.screen().includes('Run it?'), { what: 'a question' })
    writeFileSync(gate, '\n')
    if (program === 'zsh') {
      // The shell has taken note of its end.
      await until(() => !existsSync(`/proc/${readFileSync(pid, 'utf8').trim()}`), { what: 'its end' })
    }
    shell.keys('\u0003')
    await until(() => shell.notes().length === 1, { what: 'an answer' })
    expect(shell.notes()).toEqual(['declined high'])
    expect(shell.ran()).toEqual([])
  },
)

test.each(['bash', 'zsh', 'fish'] as const)(
  '%s: a job that ended while the person was asked is told of after the answer, and not over the question',
  async (program) => {
    const directory = temporaryDirectory()
    const [gate, pid] = [join(directory, 'gate'), join(directory, 'pid')]
    execFileSync('mkfifo', [gate])
    const job = `sh -c 'echo $$ >${pid}; read x <${gate}' &`
    const before = program === 'zsh' ? 'HISTSIZE=100' : ''
    const shell = await startGuarded({ program, before, harmless: [job] })
    await shell.run(job)
    await until(() => existsSync(pid) && readFileSync(pid, 'utf8') !== '', { what: 'the job' })
    const from = shell.screen().length
    shell.keys('git push -f\r')
    await until(() => shell.screen().slice(from).includes('Run it?'), { what: 'a question' })
    const asked = shell.screen().length
    writeFileSync(gate, '\n')
    const stat = `/proc/${readFileSync(pid, 'utf8').trim()}/stat`
    const isGone = () => !existsSync(stat) || / Z /.test(readFileSync(stat, 'utf8'))
    await until(isGone, { what: 'its end' })
    expect(shell.screen().slice(asked)).toBe('')
    shell.keys('n')
    await until(() => shell.notes().length === 1, { what: 'an answer' })
    // The note comes before the line editor has the terminal again: what is typed until then would be lost.
    await shell.back()
    await shell.run('true')
    // Bash tells of jobs after the record is written, before it draws the prompt.
    const told = program === 'fish' ? /has ended/ : /\b[Dd]one\b/
    await until(() => told.test(shell.screen().slice(asked)), { what: 'word of the job' })
    expect(shell.ran()).toEqual([])
  },
)

test.each(['bash', 'zsh'] as const)('%s: with other signs for the history', async (program) => {
  const shell = await startGuarded({
    program,
    before: program === 'bash' ? 'set -o history; set -H' : 'HISTSIZE=100',
  })
  await shell.run("histchars='@%#'")
  await shell.run('true git push -f')
  await shell.noted('@@:1-3', 'n')
  await shell.run('true push -f')
  await shell.noted('%true%git%', 'y')
  // No plain line: it becomes two commands.
  await shell.noted('true; git push -f', 'n')
  await shell.noted('deployit @@', 'n')
  await until(() => shell.ran().length === 1, { what: 'one push' })
  expect(shell.ran()).toEqual(['git push -f'])
})

test('zsh: what begins no comment in this shell is judged, and a text of another language has its comments', async () => {
  const shell = await startGuarded({ program: 'zsh' })
  await shell.noted('true # ; git push -f a', 'n')
  await shell.noted('true;# ; git push -f b', 's')
  await shell.run(' --dry-run')
  for (const line of [
    `true "a" # ; git push -f c`,
    `true 'a \\' \\' # ; git push -f c`,
    `true $'a\\'#' # ; git push -f c`,
    '(true; (#a; git push -f c))',
    'true `#a; git push -f c`',
    'true $(#a; git push -f c)',
    'true >#; git push -f c',
  ])
    await shell.noted(line, 'n')
  await shell.run(`true '# ; git push -f c' "# ; git push -f c" \${(#):-35} $#`)
  await shell.run('setopt interactivecomments')
  await shell.run('true # ; git push -f d')
  await shell.run("histchars='!^%'")
  await shell.noted('true # ; git push -f e', 'n')
  await shell.run('true % ; make f')
  expect(shell.ran()).toEqual(['git push --force-with-lease b --dry-run'])
})

test('bash: without comments, what stands behind a # is judged', async () => {
  const shell = await startGuarded({ program: 'bash' })
  await shell.run('true # ; git push -f a')
  await shell.run('shopt -u interactive_comments')
  await shell.noted('true # ; git push -f b', 'n')
  expect(shell.ran()).toEqual([])
})

test('zsh: with hist_verify a line that the history has changed waits for a second Enter', async () => {
  const shell = await startGuarded({ program: 'zsh', before: 'HISTSIZE=100; setopt hist_verify' })
  await shell.run('make a')
  const from = shell.screen().length
  shell.keys('!!\r')
  await until(() => shell.screen().slice(from).includes('make a'), { what: 'what !! stands for' })
  await shell.run(' b')
  expect(shell.ran()).toEqual(['make a', 'make a b'])
})

test.each(['bash', 'zsh'] as const)(
  '%s: here-documents are asked about when they end, and by what they feed',
  async (program) => {
    const shell = await startGuarded({ program })
    await shell.run('cat <<END >x\nrm -rf ~\n$(true)\nEND')
    expect(shell.notes()).toEqual([])
    await shell.noted('sh <<END\nrm -rf ~\nEND')
    expect(shell.notes()).toEqual(['blocked critical'])
    expect(shell.ran()).toEqual([])
  },
)

test('bash: variables of the person that are read-only are not taken for the line, nor for what is to be done with it', async () => {
  const names = 'answer file here late level line map names outcome own part rest text verb word words'
  const shell = await startGuarded({
    program: 'bash',
    after: names
      .split(' ')
      .map((name) => `readonly ${name}=run`)
      .join('; '),
  })
  await shell.noted('git push -f a', 'n')
  await shell.noted('git push -f b', 'y')
  await shell.run('true')
  expect(shell.ran()).toEqual(['git push -f b'])
})

test('bash: Ctrl-J, operate-and-get-next, and under set -eu in POSIX mode', async () => {
  const shell = await startGuarded({ program: 'bash' })
  shell.keys('git push -f\n')
  await until(() => shell.screen().includes('Run it?'), { what: 'a question' })
  shell.keys('n')
  await until(() => shell.notes().length === 1, { what: 'a note' })
  shell.keys('git push -f\u000f')
  await until(() => shell.screen().split('Run it?').length === 3, { what: 'a question' })
  shell.keys('n')
  await until(() => shell.notes().length === 2, { what: 'a note' })
  await shell.run('set -eu -o posix')
  await shell.noted('git push -f', 'n')
  expect(await shell.blocked('rm -rf ~')).toContain('It does not run')
  await shell.run('true')
  expect(shell.ran()).toEqual([])
})

test('zsh: the widgets that accept and keep', async () => {
  const shell = await startGuarded({
    program: 'zsh',
    after:
      "bindkey '^Xh' accept-and-hold; bindkey '^Xi' accept-and-infer-next-history; bindkey '^Xj' accept-line-and-down-history",
  })
  for (const key of ['\u0018h', '\u0018i', '\u0018j']) {
    const before = shell.notes().length
    shell.keys(`git push -f${key}`)
    await until(() => shell.screen().split('Run it?').length === before + 2, {
      what: `a question after ${JSON.stringify(key)}`,
    })
    shell.keys('n')
    await until(() => shell.notes().length === before + 1, { what: 'a note' })
    await shell.back()
    shell.keys(CLEAR)
  }
  expect(shell.ran()).toEqual([])
})

/** Enter bound past the guard, and the same by a line that is typed. */
const BOUND = {
  bash: `bind '"\\C-m": accept-line'`,
  zsh: 'plain() { zle .accept-line }; zle -N accept-line plain',
  fish: 'bind \\r execute',
} as const

test.each(['bash', 'zsh', 'fish'] as const)(
  '%s: what is bound to Enter behind the guard is guarded from the first line on, and bound later from the second',
  async (program) => {
    const shell = await startGuarded({ program, after: BOUND[program], harmless: [BOUND[program]] })
    await shell.noted('git push -f a', 'n')
    await shell.run(BOUND[program])
    await shell.run('true')
    await shell.noted('git push -f b', 'n')
    expect(shell.ran()).toEqual([])
  },
)

test('zsh: lists of functions that are set anew behind the hook, or later, are joined, without the guard too', async () => {
  const anew = 'precmd_functions=(true) preexec_functions=(true)'
  for (const start of [startGuarded, startShell]) {
    const shell = await start({ program: 'zsh', after: anew })
    await shell.typeAll('true', anew, 'true 2')
    // The guard's note has no text; nothing tells how the line ended that replaces them.
    expect(commandsOf(shell.spool).filter(Boolean)).toEqual(['true', 'true 2'])
  }
})

test('bash: all of many keys are guarded', async () => {
  const keys = Array.from({ length: 7 }, (_, i) => `bind '"\\C-t${i}": accept-line'`)
  const shell = await startGuarded({ program: 'bash', before: keys.join('\n') })
  for (const i of keys.keys()) {
    shell.keys(`git push -f\u0014${i}`)
    await until(() => shell.screen().split('Run it?').length === i + 2, { what: `question ${i}` })
    shell.keys('n')
    await until(() => shell.notes().length === i + 1, { what: `note ${i}` })
  }
  expect(shell.ran()).toEqual([])
})

test('bash: a start file that ends the shell at each failure, and has a trap for one', async () => {
  const shell = await startGuarded({
    program: 'bash',
    before: 'set -eEuo pipefail; trap "echo failed" ERR',
  })
  await shell.noted('git push -f', 'n')
  await shell.run('true')
  expect(shell.screen()).not.toContain('failed')
})

test('fish: a function that a person has on Enter runs what may run', async () => {
  const shell = await startGuarded({
    program: 'fish',
    after: 'function mine; commandline --append " mine"; commandline -f execute; end; bind --user \\r mine',
  })
  await shell.run('make a')
  await shell.noted('git push -f b', 'n')
  await shell.noted('git push -f b', 'y')
  await until(() => shell.ran().length === 2, { what: 'a push' })
  expect(shell.ran()).toEqual(['make a mine', 'git push -f b mine'])
})

test('zsh: a widget that takes the place of the guard runs behind it', async () => {
  const shell = await startGuarded({
    program: 'zsh',
    after: 'mine() { BUFFER+=" mine"; zle .accept-line }; zle -N accept-line mine',
  })
  await shell.noted('git push -f a', 'n')
  await shell.noted('git push -f b', 'y')
  await shell.run('true')
  expect(shell.ran()).toEqual(['git push -f b mine'])
})

test('zsh: a start file that is read again, behind a tool that wraps the widget, asks once', async () => {
  const shell = await startGuarded({
    program: 'zsh',
    after:
      'wrapper() { [[ $BUFFER != zz ]] || BUFFER="git push -f c"; zle wrapped }; if (( ! $+read )); then read=1; zle -A accept-line wrapped; zle -N accept-line wrapper; . $ZDOTDIR/.zshrc; fi',
  })
  await shell.noted('git push -f a', 'n')
  await shell.noted('git push -f b', 'y')
  await shell.run('true')
  // The tool changes the line after it was judged.
  await shell.noted('zz', 'n')
  expect(shell.ran()).toEqual(['git push -f b'])
  expect(shell.notes()).toEqual(['declined high', 'confirmed high', 'declined high'])
  expect(shell.screen()).not.toContain('FUNCNEST')
})

test('bash: $_ is what it was, set -x shows nothing of the guard, and what read -e reads is no command', async () => {
  const harmless = ['cd $_ && make "$_"', 'make one two', 'set -x', 'make "$PWD"', 'set +x', 'make b']
  const shell = await startGuarded({ program: 'bash', harmless })
  await shell.run('mkdir -p some/where')
  await shell.run('cd $_ && make "$_"')
  await shell.run('make one two')
  await shell.noted('git push -f $_', 'y')
  await until(() => shell.ran().length === 3, { what: 'three commands' })
  expect(shell.ran()).toEqual(['make some/where', 'make one two', 'git push -f two'])
  await shell.run('set -x')
  const from = shell.screen().length
  await shell.run('echo plain')
  await shell.run('make "$PWD"')
  expect(shell.screen().slice(from)).not.toMatch(/^\++ .*(?:set \+x|local|__karo_guard|READLINE)/m)
  await shell.run('set +x')
  shell.keys('read -e -p answer: answer\r')
  await shell.printed('answer:')
  await shell.run('rm -rf ~')
  // Whose prompt command is gone, or another list, is guarded still, also in the second line of a command, and recorded again.
  for (const gone of ['unset PROMPT_COMMAND', 'PROMPT_COMMAND=(true)']) {
    const before = shell.screen().length
    shell.keys(`${gone}\r`)
    await until(() => /\)?\r\n@\d+@ $/.test(shell.screen().slice(before)), { what: 'a prompt' })
    await shell.noted('make a; \\\ngit push -f z', 'n')
    await shell.run('make b')
  }
  expect(shell.notes()).toEqual(['confirmed high', 'declined high', 'declined high'])
  expect(shell.ran().slice(3)).toEqual([`make ${shell.directory}/some/where`, 'make b', 'make b'])
})

test.each([
  ['emacs', '', '\u0018\u0005'],
  ['vi', 'i', 'v'],
])('bash: what the editor of %s mode leaves is judged before it runs', async (mode, insert, key) => {
  const directory = temporaryDirectory()
  const editor = join(directory, 'editor')
  writeFileSync(editor, '#!/bin/sh\nsed -i "s/^make/git push -f/" "$1"; echo "true" >>"$1"; echo edited\n')
  chmodSync(editor, 0o755)
  const before = mode === 'vi' ? VI.bash.mode : 'set -o emacs'
  const shell = await startGuarded({ program: 'bash', before, env: { VISUAL: editor } })
  const edit = async (line: string, times: number): Promise<void> => {
    const from = shell.screen().length
    shell.keys(line)
    await until(() => shell.screen().slice(from).includes(line.replace(/^i/, '')), { what: 'the line' })
    if (mode === 'vi') await escaped(shell, VI.bash.shown)
    shell.keys(key)
    await until(() => shell.screen().split('edited').length > times, { what: 'the editor' })
  }
  await edit('make a', 1)
  await shell.noted('', 'n')
  // In vi mode it is a command still.
  await edit(`${insert}make b`, 2)
  await shell.noted('', 'y')
  const ran = () => shell.ran().filter((line) => !line.startsWith('rm -f -- '))
  await until(() => ran().length === 1, { what: 'a push' })
  expect(ran()).toEqual(['git push -f b'])
  expect(shell.notes()).toEqual(['declined high', 'confirmed high'])
})

test('zsh: no key runs what a search of the history has found', async () => {
  const shell = await startGuarded({
    program: 'zsh',
    env: XTERM,
    marked: true,
    // Not Ctrl-R: between two lines a terminal takes that for itself.
    before: "HISTSIZE=100; bindkey -e; bindkey '\\es' history-incremental-search-backward",
  })
  await shell.noted('git push -f a', 'y')
  await until(() => shell.ran().length === 1, { what: 'a push' })
  for (const key of ['\r', '\n', '\u000f', '\u001ba', '\u001bA']) {
    await shell.run('true')
    const from = shell.screen().length
    shell.keys('\u001bs')
    await until(() => shell.screen().slice(from).includes('bck-i-search'), { what: 'a search' })
    // Each key comes by itself: the second Enter is the one that runs it.
    shell.keys(`push${key}`)
    await shell.noted('', 'n')
  }
  await shell.run('true')
  expect(shell.ran()).toEqual(['git push -f a'])
  expect(shell.notes()).toEqual(['confirmed high', ...Array.from({ length: 5 }, () => 'declined high')])
})

test('zsh: vared and select are nobody’s commands; global and suffix aliases are', async () => {
  const shell = await startGuarded({
    program: 'zsh',
    after: "alias -g HOMEDIR=~; alias -s wipe='rm -rf ~;'; word=x",
  })
  shell.keys('vared word\r')
  await shell.printed('vared word\r\r\n')
  await shell.run(' $(rm -rf ~)')
  expect(await shell.blocked('rm -rf HOMEDIR')).toContain('It does not run')
  expect(await shell.blocked('a.wipe')).toContain('It does not run')
  expect(shell.ran()).toEqual([])
})

test('fish: a line is judged while completions are listed, and what is chosen of them', async () => {
  const shell = await startGuarded({
    program: 'fish',
    env: XTERM,
    marked: true,
    after: "complete -c git -e; complete -c git -f -a 'one two'; complete -c deployit -f -a 'one two'",
  })
  // Its completions look at what is there.
  const ran = () => shell.ran().filter((line) => line !== 'git remote')
  const listed = async (line: string, tabs: number): Promise<void> => {
    shell.keys(line)
    for (let tab = 0; tab < tabs; tab++) {
      const from = shell.screen().length
      shell.keys('\t')
      await until(() => /one[\s\S]*two/.test(shell.screen().slice(from)), { what: `list ${tab}` })
    }
  }
  // Nothing is chosen: one Enter runs the line.
  await listed('git push -f ', 1)
  await shell.noted('', 'n')
  await listed('git push -f ', 1)
  await shell.noted('', 'y')
  await until(() => ran().length === 1, { what: 'what was confirmed' })
  // One is: it comes to the line, which is judged with it, and is done with.
  await listed('git push -f ', 2)
  await shell.noted('', 'y')
  await until(() => ran().length === 2, { what: 'what was confirmed with a choice' })
  // Where nothing is asked, all is as fish does it: the first Enter takes the choice.
  await listed('deployit ', 2)
  shell.keys('\r')
  await shell.run('')
  expect(ran()).toEqual(['git push -f', 'git push -f one', 'deployit one'])
})

test('fish: abbreviations are judged as what they become; read is not asked about', async () => {
  const shell = await startGuarded({ program: 'fish', after: 'abbr -a gpf -- git push --force' })
  await shell.noted('gpf', 'n')
  shell.keys('read answer\r')
  await shell.printed('read>')
  await shell.run('rm -rf ~')
  expect(shell.notes()).toEqual(['declined high'])
  expect(shell.ran()).toEqual([])
})

test('fish: abbreviations anywhere in a line, by a pattern, made by a function, and with a place for the cursor', async () => {
  const shell = await startGuarded({
    program: 'fish',
    harmless: ['make WORD', 'make quiet lost fff'],
    after: [
      "function last; echo '; git push -f'; end; function forced; string replace ff 'git push -f ' $argv; end",
      'abbr -a --position anywhere --function last -- !!',
      "abbr -a pattern --regex 'ff[0-9]+' --function forced",
      "abbr -a --position anywhere --set-cursor AT -- '; git pu%sh -f'",
      "abbr -a quiet --function false; abbr -a lost --function nothing; abbr -a --position anywhere WORD 'one two'",
    ].join('\n'),
  })
  for (const line of ['deployit !!', 'ff7', 'deployit AT']) await shell.noted(line, 'n')
  await shell.run('make WORD')
  await shell.run('make quiet lost fff')
  expect(shell.notes()).toEqual(['declined high', 'declined high', 'declined high'])
  expect(shell.ran()).toEqual(['make one two', 'make quiet lost fff'])
})

test.each(['bash', 'zsh', 'fish'] as const)(
  '%s: loaded again it knows the tools of today',
  async (program) => {
    const directory = temporaryDirectory()
    const refuses = join(directory, 'karo')
    writeFileSync(refuses, "#!/bin/sh\nprintf 'drop declined high -\\n'\n")
    chmodSync(refuses, 0o755)
    const again = join(directory, 'again')
    const options = {
      plain: PLAIN_LINES,
      files: [],
      machineFile: join(directory, 'none'),
      resident: join(directory, 'judge-'),
      timeoutMs: 20_000,
      onError: 'block',
    } as const
    const shell = await startGuarded({ program, harmless: [`source ${again}`] })
    await shell.run('deployit one')
    writeFileSync(again, GUARDS[program]({ ...options, ask: [refuses], ruled: ['deployit'] }))
    await shell.run(`source ${again}`)
    await shell.noted('deployit two')
    expect(shell.ran()).toEqual(['deployit one'])
    expect(shell.notes()).toEqual(['declined high'])
  },
)
