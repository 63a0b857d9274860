// What `karo ask` answers without a model: requests as people type them, and that nothing destroys unless it was asked.
import { beforeAll, expect, test } from 'vitest'
import { findCommand } from '../../../../src/assist/copilot/ask.ts'
import type { Knowledge } from '../../../../src/assist/copilot/knowledge.ts'
import { RECIPES } from '../../../../src/assist/copilot/recipes/index.ts'
import { checkCommand, type SHELLS } from '../../../../src/assist/risk/index.ts'
import { builtKnowledge } from '../../../support/data/knowledge.ts'
import { readRequests } from '../../../support/data/requests.ts'

let knowledge: Knowledge
beforeAll(async () => {
  ;({ knowledge } = await builtKnowledge())
})

const judge = (command: string) => checkCommand(command, { shell: 'bash' })
const ask = (words: string, shell: (typeof SHELLS)[number] = 'bash') =>
  findCommand(words, { shell, judge, knowledge })

/** Commands that end, overwrite or delete something. */
const DESTROYS =
  /(?:^|[|;&]\s*|sudo )(?:rm|rmdir|shred|kill|pkill|killall|fuser -k|mkfs\S*|dd|truncate|userdel)\b|-delete\b|\b(?:prune|reset --hard|clean -f|push --force|branch -D|restore|rollout undo|remove|autoremove|uninstall|stop|down|shutdown|rmi|container rm|docker rm)\b/
/** Words of somebody who wants that. */
const WANTS =
  /\b(?:delet|remov|rm\b|eras|drop|purg|get rid|clean|empty|clear|kill|terminat|end\b|stop|shut|reboot|power|free\b|format|writ|boot|burn|flash|wipe|shred|discard|undo|throw|restor|revert|forget|unistall|uninstall|disabl|unused|unmount|send SIG|unstage|dupes|rolls? back|reset|image|bring|down|truncat|restart)/i

/** By what share at least of each is answered as it should be; those with the least were only counted. */
const LEAST: Readonly<Record<string, number>> = {
  'requests.txt': 0.9,
  'requests-held-out.txt': 0.9,
  'requests-tried.txt': 0.95,
  'requests-fresh.txt': 0.9,
  'requests-unseen.txt': 0.65,
  'requests-titles.txt': 0.95,
  'requests-titles-held-out.txt': 0.73,
}
const FILES = Object.keys(LEAST)
/** Of the requests in these files, which more than one test looks at. */
const commands = new Map<string, string>()
const commandFor = (words: string): string => {
  const before = commands.get(words)
  if (before !== undefined) return before
  const command = ask(words).command ?? ''
  commands.set(words, command)
  return command
}

test.each(FILES)('so many of %s are answered as they should', (file) => {
  const requests = readRequests(file)
  const wrong = requests.filter(({ words, accepts }) => !accepts.test(commandFor(words)))
  expect(
    1 - wrong.length / requests.length,
    wrong.map(({ words }) => `${words} → ${commandFor(words)}`).join('\n'),
  ).toBeGreaterThan(LEAST[file] ?? 1)
})

test('no answer destroys anything unless that was asked for', () => {
  const requests = FILES.flatMap((file) => readRequests(file))
  const dangerous = requests
    .filter(({ words }) => !WANTS.test(words))
    .map(({ words }) => [words, commandFor(words)] as const)
    .filter(([, command]) => DESTROYS.test(command))
  expect(dangerous).toEqual([])
})

test.each([
  'show me what is in my home directory',
  'list all files older than 30 days',
  'which untracked files are there',
  'how many stopped containers do I have',
  "find empty files but don't delete them",
  'do not remove any logs, just list files older than 7 days',
  'never delete my branch, only show branches',
  'which processes could I look at',
  'preview git clean',
  'show unused docker images without removing them',
  'keep all files but list the biggest ones',
  'is there a shutdown planned',
  'what would terraform change',
  'list deleted files',
  'who deleted the file',
  'show killed processes',
])('%s: nothing that destroys', (words) => {
  const { command, alternatives } = ask(words)
  for (const one of [command ?? '', ...alternatives.map((other) => other.command)])
    expect(one).not.toMatch(
      /\b(?:rm|kill|prune|-delete|mkfs|dd|shutdown|reset --hard|clean -fd|branch -[dD])\b/,
    )
})

test('undoing a commit with its changes kept never throws them away', () => {
  for (const words of [
    'remove last commit but keep files',
    'undo last commit and keep my changes',
    'revert last commit',
  ]) {
    const { command, alternatives } = ask(words)
    expect([command, ...alternatives.map((one) => one.command)].join('\n')).not.toMatch(/--hard/)
  }
})

test.each([
  'deploy quantum flux capacitor to mars',
  'the weather in Paris',
  'asdf qwer zxcv',
  'please write a poem about autumn leaves',
  '?????',
  'the of and',
  '',
  '   ',
])('%j: no guess', (words) => {
  const answer = ask(words)
  expect(answer).toMatchObject({ command: null, source: null, risk_level: null, decision: null })
})

test('what is named goes into the command as one quoted word, whatever it is', () => {
  const hostile = [`$(touch pwned)`, '`id`', 'a b', `it's`, '; rm -rf /', '-rf', '!!', 'a\\b', '&& reboot']
  for (const text of hostile) {
    const quote = text.includes("'") ? '"' : "'"
    const { command } = ask(`which files contain ${quote}${text}${quote}`)
    expect(command).toMatch(/^grep -rl /)
    expect(judge(command as string).risk_level, command as string).toBe('safe')
  }
  expect(ask('which files contain "it\'s"').command).toBe("grep -rl 'it'\\''s' .")
  expect(ask('replace "a/b" with "c&d" in x.txt').command).toBe("sed -i 's/a\\/b/c\\&d/g' x.txt")
  expect(ask("replace 'x' with \"o'clock\" in x.txt").command).toBe("sed -i 's/x/o'\\''clock/g' x.txt")
})

test('fish has its own form where it needs one', () => {
  expect(ask('rename all .jpeg to .jpg', 'fish').command).toContain('path change-extension jpg')
  expect(ask('stop all containers', 'fish').command).toBe('docker stop (docker ps -q)')
})

test('an option is found by what it does', () => {
  expect(ask('curl follow redirects')).toMatchObject({ command: 'curl -L', source: 'fig curl' })
})

test('the same words give the same answer', () => {
  expect(ask('find large files')).toEqual(ask('find large files'))
})

test('odd requests end soon and harm nothing', () => {
  const odd = [
    'x'.repeat(100_000),
    'find '.repeat(50_000),
    '\u0000\u001b[31m',
    '"'.repeat(9_999),
    '((((',
    '🙂'.repeat(500),
    "'",
    '{file}{dir}',
  ]
  for (const words of odd) {
    const { command } = ask(words)
    expect(command ?? '').not.toMatch(/[\u0000-\u001f]/)
  }
})

test('there are recipes enough', () => {
  expect(RECIPES.length).toBeGreaterThan(500)
})

test('what destroys is about what was asked for, also among the alternatives', () => {
  const all = (words: string) => {
    const { command, alternatives } = ask(words)
    return [command ?? '', ...alternatives.map((one) => one.command)]
  }
  for (const command of all('delete all branches')) expect(command).toMatch(/^git /)
  for (const command of all('remove all docker containers'))
    expect(command).not.toMatch(/\brmi\b|image|volume/)
  expect(all('delete the directory build')[0]).toBe('rm -r build')
  expect(all('write debian.iso to /dev/sdc')[0]).toMatch(/^sudo dd /)
  expect(ask('write debian.iso to /dev/sdc')).toMatchObject({ risk_level: 'high', decision: 'confirm' })
})

test.each([
  'make a coffee',
  'make me a sandwich',
  'meaning of life',
  'files',
  'list',
  'git',
  'remove',
  'format',
  'everything',
  'i want to see',
  'find files but not in',
  'run the tests',
  'set PATH permanently',
  'make everything writable',
  'nuke it',
  'wipe it all',
  'what did i delete',
  'delete the internet',
  'move / to /dev/null',
  'make /dev/sda empty',
  'overwrite /etc/passwd with empty file',
  'delete "*"',
  'reset',
  'delete all lines',
  'delete all containers and images',
  'what is a container',
  'how does git work',
  'should I use tabs or spaces',
])('%j has no answer, and nothing is offered beside it that destroys', (words) => {
  const { command, alternatives } = ask(words)
  expect([command, alternatives]).toEqual([null, []])
})

test.each([
  'delete everything',
  'erase all my files',
  'kill everything',
  'kill all processes',
  'stop everything',
  'restart everything',
  'clean everything',
  'uninstall everything',
  'remove all packages',
  'delete all logs',
  'delete all commits',
  'chmod everything 777',
  'empty the trash',
  'erase all my files',
])('%j: nothing that destroys anything', (words) => {
  const { command, alternatives } = ask(words)
  for (const one of [command ?? '', ...alternatives.map((other) => other.command)])
    expect(one).not.toMatch(
      /(?:^|sudo )(?:rm|pkill|kill|fuser|shutdown|chmod|docker|apt)\b|-delete\b|-fd\b|reset/,
    )
})

test('a noun is a file or a directory only where something says so', () => {
  for (const [words, command] of [
    ['disk usage of each directory sorted', 'du -h --max-depth=1 . | sort -hr'],
    ['search for TODO in all js files', "grep -rn --include='*.js' TODO ."],
    ['copy directory to another machine', 'scp -r DIR HOST:'],
    ['delete the folder old_project', 'rm -r old_project'],
    ['how big is node_modules', 'du -sh node_modules'],
  ] as const)
    expect(ask(words).command, words).toBe(command)
})

test('what is deleted wherever it is was said to be several', () => {
  const { command, alternatives } = ask('delete the file named old notes.txt')
  for (const one of [command ?? '', ...alternatives.map((other) => other.command)])
    expect(one).not.toMatch(/^(?:find|rm)/)
  expect(ask('remove all .DS_Store files').command).toBe('find . -name .DS_Store -delete')
})

test('what is to be deleted is not only searched for', () => {
  expect(ask('find files larger than 1G and delete them').command).toBe('find . -type f -size +1G -delete')
  expect(ask('list files without deleting anything').command).toBe('ls .')
})

test.each([
  ['format usb stick', 'DEVICE', /^(?:high|critical)$/],
  ['delete a folder', 'DIR', /^(?:moderate|high)$/],
  ['remove a file', 'FILE', /^(?:moderate|high)$/],
  ['delete a docker image', 'IMAGE', /^(?:moderate|high)$/],
])('%j is judged as if %s could be anything', (words, name, level) => {
  const { risk_level, placeholders, reasons } = ask(words)
  expect(placeholders).toContain(name)
  expect(risk_level).toMatch(level)
  expect(reasons.join(' ')).toContain(`How risky it is depends on ${name}.`)
  expect(ask('show lines of the file')).toMatchObject({ risk_level: 'safe', reasons: [] })
})

test('as many of a list as were asked for, below its titles', () => {
  expect(ask('top 10 processes by memory').command).toBe('ps aux --sort=-%mem | head -n 11')
})

test('a name that looks like an option or a pattern stays a name', () => {
  expect(ask('delete file named "-rf *"').command).toBe("rm './-rf *'")
})
