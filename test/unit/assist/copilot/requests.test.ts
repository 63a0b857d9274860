// What `karo ask` answers without a model: requests as people type them, and that nothing destroys unless it was asked.
import { beforeAll, expect, test } from 'vitest'
import { isDestroying } from '../../../../src/assist/copilot/ask/acts.ts'
import { findCommand } from '../../../../src/assist/copilot/ask/answer.ts'
import type { Knowledge } from '../../../../src/assist/copilot/knowledge.ts'
import { checkCommand, type SHELLS } from '../../../../src/assist/risk/index.ts'
import { builtKnowledge } from '../../../support/data/knowledge.ts'
import { readRequests } from '../../../support/data/requests.ts'
import { times } from '../../../support/run/thorough.ts'

let knowledge: Knowledge
beforeAll(() => {
  ;({ knowledge } = builtKnowledge())
})

const judge = (command: string) => checkCommand(command, { shell: 'bash' })
const ask = (words: string, shell: (typeof SHELLS)[number] = 'bash') =>
  findCommand(words, { shell, judge, knowledge })

/** Commands that end, overwrite or delete something. */
const DESTROYS =
  /(?:^|[|;&]\s*|sudo )(?:rm|rmdir|shred|kill|pkill|killall|fuser -k|mkfs\S*|dd|truncate|userdel)\b|-delete\b|\b(?:prune|reset --hard|clean -f|push --force|branch -D|restore|rollout undo|remove|autoremove|uninstall|stop|down|shutdown|rmi|container rm|docker rm)\b/
/** Words of somebody who wants that. */
const WANTS =
  /\b(?:delet|remov|rm\b|eras|drop|purg|get rid|clean|empty|clear|kill|terminat|end\b|stop|shut|reboot|power|free\b|format|writ|boot|burn|flash|wipe|shred|discard|undo|throw|restor|revert|forget|not start|unistall|uninstall|disabl|unused|unmount|send SIG|unstage|dupes|rolls? back|reset|image|bring|down|truncat|restart)/i

/**
 * By what share at least of each file the answer, or one of a choice, is spelled as the file has it. It has one spelling of several that do the
 * same, so these are no shares of right answers: they tell when something breaks.
 */
const LEAST: Readonly<Record<string, number>> = {
  'requests.txt': 0.55,
  'requests-held-out.txt': 0.55,
  'requests-tried.txt': 0.45,
  'requests-fresh.txt': 0.6,
  'requests-unseen.txt': 0.45,
  'requests-titles.txt': 0.55,
  'requests-titles-held-out.txt': 0.5,
  'requests-karo-held-out.txt': 0.3,
  'requests-karo-second-held-out.txt': 0.3,
}
const FILES = Object.keys(LEAST)
/** An even part of a large file, or all: each request is laid beside hundreds of wordings. */
function requestsOf(file: string) {
  const requests = readRequests(file)
  const each = requests.length < 100 ? 1 : times(5, 1)
  return requests.filter((_, i) => i % each === 0)
}
/** Of the requests in these files, which more than one test looks at. */
const answers = new Map<string, readonly string[]>()
const offeredFor = (words: string): readonly string[] => {
  const before = answers.get(words)
  if (before !== undefined) return before
  const { command, alternatives } = ask(words)
  const offered = [command ?? '', ...alternatives.map((one) => one.command)]
  answers.set(words, offered)
  return offered
}

test.each(FILES)('so many of %s are answered as they should', (file) => {
  const requests = requestsOf(file)
  const right = requests.filter(({ words, accepts }) => offeredFor(words).some((one) => accepts.test(one)))
  expect(right.length / requests.length).toBeGreaterThan(LEAST[file] ?? 1)
})

test('no answer destroys anything unless that was asked for', () => {
  const requests = FILES.flatMap((file) => requestsOf(file))
  const dangerous = requests
    .filter(({ words }) => !WANTS.test(words))
    .map(({ words }) => [words, offeredFor(words).join('\n')] as const)
    .filter(([, command]) => DESTROYS.test(command))
  expect(dangerous).toEqual([])
})

// As people ask who know other programs for histories, fleets and access; without values, as they type them first.
test.each([
  ['search my history for failed commands in this folder', 'karo history --failed --cwd .'],
  ['show my command statistics of the last month', 'karo stats month'],
  ['sync my history to another machine', 'ssh HOST karo export | karo import -'],
  ['ignore commands matching a pattern in karo', "karo config set history.ignore '+PATTERN'"],
  ['list members of the mesh', 'karo peers'],
  ['which machines are offline', 'karo query health'],
  ['remove a dead node from the mesh', 'karo peers revoke NODE'],
  ['set a team on a machine', 'karo ca assign NODE --team TEAM'],
  ['rotate the key of this node', 'karo identity rotate'],
  ['revoke the operator carol', 'karo operator revoke carol'],
  ['approve a request', 'karo approvals approve'],
  ['who approved what', 'karo approvals log'],
  ['export the audit log for an auditor', 'karo audit export -o FILE'],
  ['is karo healthy', 'karo doctor'],
  ['upgrade karo', 'sudo dpkg -i karo.deb'],
  ['turn off the guard', 'karo config set guard.profile off'],
  ['forget everything i ran in ~/client', 'karo history delete --cwd ~/client'],
  ['copy my history to my laptop', 'ssh HOST karo export | karo import -'],
  ['which machine has not been seen for a while', 'karo query health'],
  ['give a machine the role lead', 'karo ca assign NODE --role lead'],
  ['prove that the audit log was not changed', 'karo audit verify'],
  ['back up this node', 'karo backup FILE'],
  ['restart karo', 'karo stop && karo up --background'],
  // Who asks why is told by what says why.
  ["why was 'rm -rf build' blocked", "karo check 'rm -rf build'"],
  ['why is the node ash not connected', 'karo peers explain ash'],
  ['why did my agent crash', 'karo agent logs NAME'],
  ['why does karo not record', 'karo doctor'],
  // One shell's history is not the other's, and today is no number of days.
  ['import my bash history into karo', 'karo import bash'],
  ['import my old zsh history', 'karo import zsh'],
  ['what did i do today', 'karo history --since today'],
  // `last` is a tool, too.
  ['what was wrong with my last command', 'karo fix'],
  // `get` alone asks to see something.
  ['get rid of karo', 'sudo apt remove karo'],
  // What stands between a verb and its particle, and words for one thing.
  ['turn the wifi on', 'nmcli radio wifi on'],
  ['bring down the compose stack', 'docker compose down'],
  ['mount the thumb drive', 'sudo mount DEVICE /mnt'],
])('%s: %s', (words, command) => {
  expect(ask(words)).toMatchObject({ command, confidence: 'sure', source: 'karo' })
})

test.each([
  'is the guard switched on',
  'who runs the mesh',
  'why is my vault locked',
  'who trusts this node',
  'does karo start by itself',
  'which invites can still be used',
  'what is shared with the team',
  'why does the guard stop me',
  'list the agents that were stopped',
])('%s: nothing of Karo that changes something', (words) => {
  const { command, alternatives, nearest } = ask(words)
  for (const one of [command ?? '', ...[...alternatives, ...nearest].map((other) => other.command)])
    expect(knowledge.ask().changes(one), one).toBe(false)
})

test('a question why of anything else is not taken for one about Karo', () => {
  for (const words of ['why is the sky blue', 'why do cats purr', 'why is python slower than c'])
    expect(ask(words)).toMatchObject({ command: null, nearest: [] })
})

test('what is clearly about Karo leads to its nearest commands where nothing is sure', () => {
  const { command, nearest } = ask('how do i handle the ledger in karo')
  expect([command, nearest[0]?.command]).toEqual([null, 'karo audit log'])
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
  const { command, alternatives, nearest } = ask(words)
  for (const one of [command ?? '', ...[...alternatives, ...nearest].map((other) => other.command)])
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
  'qsdf qwer zxcv',
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
    for (const words of ['which files contain', 'count the lines of'])
      for (const command of offeredFor(`${words} ${quote}${text}${quote}`))
        expect(judge(command).risk_level, command).toMatch(/^(?:safe|moderate)$/)
  }
  expect(ask('which files contain "it\'s"').command).toBe("grep -rl 'it'\\''s' .")
  expect(ask('replace "a/b" with "c&d" in x.txt').command).toContain("'s/a\\/b/c\\&d/g' x.txt")
  expect(ask("replace 'x' with \"o'clock\" in x.txt").command).toContain("'s/x/o'\\''clock/g' x.txt")
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
    const { command, notes } = ask(words)
    expect(command ?? '').not.toMatch(/[\u0000-\u001f]/)
    expect(notes).toHaveLength(words.length > 2_000 ? 1 : 0)
  }
})

test('what destroys is about what was asked for, also among the others', () => {
  for (const command of offeredFor('delete all branches')) expect(command).toMatch(/^(?:git .*|)$/)
  for (const command of offeredFor('remove all docker containers'))
    expect(command).not.toMatch(/\brmi\b|image|volume/)
  expect(ask('write debian.iso to /dev/sdc').decision).not.toBe('allow')
})

test.each([
  'make a coffee',
  'make me a sandwich',
  'list',
  'remove',
  'format',
  'i want to see',
  'nuke it',
  'what did i delete',
  'delete the internet',
  'move / to /dev/null',
  'overwrite /etc/passwd with empty file',
  'delete "*"',
  // A word that nothing explains, of who destroys.
  'delete the image web if it is unused',
  'delete empty directories made by ann',
  'what is a container',
  'how does git work',
  'should I use tabs or spaces',
])('%j has no answer, and nothing is offered beside it', (words) => {
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
  'chmod everything 777',
  'empty the trash',
])('%j: nothing that destroys anything', (words) => {
  const { command, alternatives, nearest } = ask(words)
  for (const one of [command ?? '', ...[...alternatives, ...nearest].map((other) => other.command)])
    expect(one).not.toMatch(
      /(?:^|sudo )(?:rm|pkill|kill|fuser|shutdown|chmod|docker|apt)\b|-delete\b|-fd\b|reset/,
    )
})

test('where nothing is sure, what is nearest is shown as Karo knows it: no word of the request is in its slots', () => {
  const { command, alternatives, nearest } = ask('copy the folder src to another server over ssh')
  expect([command, alternatives]).toEqual([null, []])
  expect(nearest).toContainEqual(
    expect.objectContaining({
      command: 'rsync -av SRC/ USER@HOST:DST/',
      placeholders: ['SRC', 'USER', 'HOST', 'DST'],
      decision: 'allow',
    }),
  )
  for (const one of nearest) expect(one.command).not.toContain('src')
})

test.each([
  'delete the temp thing from the cluster',
  'wipe everything from the server',
  'delete empty directories made by ann',
  'turn off the firewall for a moment',
  // Near is a command of another verb, and one that changes something where nobody says what to do.
  'put the commit back that I dropped',
  'which process ate all my swap',
])('%j: nothing is near enough, or it would do what nobody asked for', (words) => {
  expect(ask(words).nearest).toEqual([])
})

test.each([
  ['turn the guard off', 'karo config set guard.profile off'],
  ['stop recording in this shell', 'export KARO_PAUSE=1'],
  ['open the dashboard', 'karo dashboard'],
  // Of something else, with a word that some command of Karo's own has.
  ['who is the best of all peers in chess', null],
  ['block devices and their UUIDs in a spreadsheet of mine', null],
])('what nothing else does may be asked of Karo itself: %s', (words, command) => {
  expect(ask(words).command).toBe(command)
})

test('subfolders are searched, however they are called', () => {
  for (const word of ['subfolders', 'subdirs', 'sub-directories'])
    expect(ask(`count files in all ${word}`).command).toBe('find . -type f | wc -l')
})

test('how many there are is not how large they are', () => {
  for (const command of offeredFor('show the ten biggest directories'))
    expect(command).not.toMatch(/(?:-t|threshold|size)[ =+]*10\b/)
})

test('what is to be deleted is not only searched for', () => {
  expect(ask('find files larger than 1G and delete them').command).toBe('find . -type f -size +1G -delete')
  for (const command of offeredFor('list files without deleting anything'))
    expect(DESTROYS.test(command)).toBe(false)
})

test('a tool that is named binds, and is nothing to put into a slot', () => {
  for (const command of offeredFor('copy a folder to a remote server with rsync'))
    expect(command).toMatch(/rsync(?!:)/)
  for (const command of offeredFor('tar: list the contents of a.tar')) expect(command).toMatch(/^(?:bs)?tar /)
  expect(offeredFor('restart nginx')[0]).toMatch(/^sudo systemctl restart nginx$/)
})

test('a word that says how is no name', () => {
  for (const words of [
    'remove a package completely',
    'uninstall nginx completely',
    'stop the service gracefully',
  ])
    for (const command of offeredFor(words)) expect(command).not.toMatch(/completely|gracefully/)
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

test('the second of two endings is one too, and both stand as they are spelled where they are two spellings', () => {
  expect(offeredFor('rename all txt files to md').join('\n')).toContain('*.txt; do mv -- "$f" "${f%.txt}.md"')
  expect(offeredFor('rename all jpeg files to jpg').join('\n')).toContain(
    '*.jpeg; do mv -- "$f" "${f%.jpeg}.jpg"',
  )
})

test.each([
  ['follow the log of the ssh service', 'journalctl -u ssh -f'],
  ['get the field name of each item', "jq '.[].name' FILE"],
  ['convert all wav files to mp3', 'for f in *.wav; do ffmpeg -i "$f" "${f%.wav}.mp3"; done'],
  ['scale deployment web to 3 replicas', 'kubectl scale deployment web --replicas=3'],
  ['brew: install a package', 'brew install PACKAGE'],
])('what stands where a name does is one, and a kind leaves its slot open: %j', (words, command) => {
  expect(offeredFor(words)[0]).toBe(command)
})

test('volumes, accounts, databases and what was published are destroyed by words of their own', () => {
  for (const command of [
    'sudo lvremove /dev/vg/a',
    'dropdb a',
    'sudo deluser a',
    'redis-cli flushall',
    'virsh undefine a',
    'npm unpublish a@1',
    'sudo sgdisk --zap-all /dev/sdx',
  ])
    expect(isDestroying(command), command).toBe(true)
  for (const command of ['sudo lvs', 'createdb a', 'sudo adduser a', 'virsh define a.xml', 'npm publish'])
    expect(isDestroying(command), command).toBe(false)
})
