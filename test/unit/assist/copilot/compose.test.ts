// The grammar: what is composed from the words of a request, when it is sure of it, and what it never answers.
import { beforeAll, describe, expect, test } from 'vitest'
import { type AskOptions, findCommand, offlineCandidates } from '../../../../src/assist/copilot/ask.ts'
import { evidenceOf, isBorneOut, wordsOf } from '../../../../src/assist/copilot/borne-out.ts'
import { changesSomething, onlyLooks } from '../../../../src/assist/copilot/compose/acts.ts'
import { compose } from '../../../../src/assist/copilot/compose/index.ts'
import type { Knowledge } from '../../../../src/assist/copilot/knowledge.ts'
import { destroysByName } from '../../../../src/assist/copilot/own-history.ts'
import { toolsFor } from '../../../../src/assist/copilot/tool-search.ts'
import { onLinux } from '../../../../src/assist/copilot/tools/not-linux.ts'
import { checkCommand } from '../../../../src/assist/risk/index.ts'
import { builtKnowledge } from '../../../support/data/knowledge.ts'

let knowledge: Knowledge
beforeAll(async () => {
  ;({ knowledge } = await builtKnowledge())
})

const judge = (command: string) => checkCommand(command, { shell: 'bash' })
const accounted = (words: string) => offlineCandidates(words, { shell: 'bash', judge, knowledge })
const ask = (words: string, more: Partial<AskOptions> = {}) =>
  findCommand(words, { shell: 'bash', judge, knowledge, ...more })

describe('composed', () => {
  test.each([
    ['find all pdf files in /srv bigger than 3 MB changed in the last 2 days', "find /srv -type f -size +3M -mtime -2 -name '*.pdf'"],
    ['find directories named "cache" owned by bob below /var', 'find /var -type d -name cache -user bob'],
    ['find all .c and .h files under ./src containing "main"', "find ./src -type f \\( -name '*.c' -o -name '*.h' \\) -exec grep -l main {} +"],
    ['count the regular files in $DIR with permissions 644', 'find "$DIR" -type f -perm 644 | wc -l'],
    ['find *.log files in /var/log older than 30 days and delete them', "find /var/log -type f -mtime +30 -name '*.log' -delete"],
    ['find all files in /data not owned by root, do not descend into subdirectories', 'find /data -maxdepth 1 -type f ! -user root'],
    ['change the permissions of all directories under /srv to 755', 'find /srv -mindepth 1 -type d -exec chmod 755 {} +'],
    ['print lines 3 to 9 of "a b.txt"', "sed -n '3,9p' 'a b.txt'"],
    ['create a symbolic link named "now" to releases/7', 'ln -s releases/7 now'],
    ['print lines in out.txt that contain "error" and sort them in reverse and save them to x.txt', 'grep error out.txt | sort -r > x.txt'],
    ['count the number of aliases', 'alias | wc -l'],
    ['find files whose names begin with "a" and end with "z" in /srv', "find /srv -type f -name 'a*z'"],
    ["find all files in /srv whose names begin with '-'", "find /srv -type f -name '-*'"],
    ['run "git diff" on every regular file in /srv/x named a.c', 'find /srv/x -type f -name a.c -exec git diff {} +'],
  ])('%s', (words, command) => {
    expect(compose(words)[0]).toMatchObject({ command, confidence: 'sure' })
  }) // biome-ignore format: one request a line

  test('a word that is not accounted for makes a guess of it, and no command that changes anything', () => {
    expect(compose('find all files in /srv that are purple')[0]).toMatchObject({ confidence: 'perhaps' })
    expect(compose('delete all files in /srv that are purple')).toEqual([])
  })

  test.each([
    'find all .py files in /srv except "setup.py" and those beginning with "test_"',
    'recursively list all files that are only in directory /srv',
    'print the directory name of each "a.txt" found in /srv',
  ])('%s: no list of tests says that', (words) => {
    expect(compose(words)).toEqual([])
  })

  test('where a way to the answer was often wrong, it is a guess, and stays the answer', () => {
    const words = 'count the lines in all txt files in /srv'
    const [best] = accounted(words)
    expect(best?.confidence).toBe('sure')
    expect(isBorneOut(words, best?.ways ?? [])).toBe(false)
    expect(ask(words)).toMatchObject({ command: best?.command, confidence: 'perhaps' })
    expect(ask('delete all *.log files in /srv')).toMatchObject({ confidence: 'sure' })
  })

  test('every part of the way needs to be borne out', () => {
    const counts = { search: [9, 10], recipe: [1, 2], good: [9, 10], bad: [2, 10] } as const
    const isProved = (...ways: string[]) => isBorneOut('x', ways, { ways: counts, like: () => 1 })
    expect(isProved()).toBe(true)
    expect(isProved('search', 'good')).toBe(true)
    expect(isProved('search', 'good', 'bad')).toBe(false)
    // A way that nobody counted is as good as its family.
    expect(isProved('search', 'toString')).toBe(true)
    expect(isProved('recipe', 'toString')).toBe(false)
  })

  test('the answers to the requests that are most like it need to have been right', () => {
    const like = (request: string) =>
      evidenceOf({}, [
        '8/8 find all <g> files in <p>',
        '1/9 find all <g> files in <p> and print them',
        'not a line',
      ]).like(request)
    expect(wordsOf('Find all the *.c files, in /srv')).toBe('find all <g> files in <p>')
    expect(like('find all *.c files in /srv')).toBeGreaterThan(like('find all *.c files in /srv and print'))
    const isBorneOutWith = (likeness: number) =>
      isBorneOut('x', ['search', 'good'], { ways: { search: [1, 1] }, like: () => likeness })
    expect(isBorneOutWith(0.9)).toBe(true)
    expect(isBorneOutWith(0.8)).toBe(false)
  })

  test('a text that only a shell can run is run for no file', () => {
    const words = 'find all files in /srv and execute "echo a; false" for each file'
    expect(compose(words)).toEqual([])
    const { command, alternatives } = ask(words)
    for (const one of [command, ...alternatives.map((other) => other.command)])
      expect(one).not.toContain('-exec ')
  })

  test.each([
    ['set permissions of all files in "src" and "lib" to 644', 'find src lib -type f -exec chmod 644 {} +'],
    ['kill all processes of the user bob', 'pkill -u bob'],
    ['set permissions of directories in src/ to 700', 'find src/ -mindepth 1 -type d -exec chmod 700 {} +'],
    ['find files without extension', "find . -type f ! -name '*.*'"],
    ['list subdirectories in src/', 'ls -d src//*/'],
    ['create the file a.txt in src/', 'touch src//a.txt'],
    ['execute "du a | sort" every 5 seconds', "watch -n 5 'du a | sort'"],
    ['find all "tif" images in src/', "find src/ -type f -name '*.tif'"],
    ['find text files in src/ and do not search beyond 2 levels', "find src/ -maxdepth 2 -type f -name '*.txt'"],
    ['remove all .txt files with spaces in their names', "find . -type f -name '* *' -name '*.txt' -delete"],
    ['print line 42 of main.c', "sed -n '42p' main.c"],
    ['find files in /srv modified after /etc/motd', 'find /srv -type f -newer /etc/motd'],
    ['find files in /srv that are not readable by all', 'find /srv -type f ! -perm -444'],
  ])('%s: as it was said', (words, command) => {
    expect(accounted(words)[0]).toMatchObject({ command, confidence: 'sure' })
  }) // biome-ignore format: one request a line

  test.each([
    ['delete the largest file larger than 10 MB', /-delete|\brm\b/],
    ['search for the directory .dummy and remove it from the directory "Test"', /-delete|\brm\b/],
    ['delete all hidden files under $d including $d', /-delete|\brm\b/],
    ['delete the contents of /tmp/a', /\brm \/tmp\/a\b/],
    ['compress a file named "x.txt"', /\bfind\b/],
    ['combine all txt files into all.txt', /\*\.txt\S* > all\.txt/],
    ['copy "a.tar" to "ann@host:/srv"', /^cp\b/],
    ['replace "a" with "b" in directories whose names contain "x"', /\bsed\b/],
    ['set permissions of symlinks in src to 600', /\bchmod\b/],
    ['change owner to "ann" and group to "root" of all files in src/', /-group to|-name root/],
    ['find files below src/ writable by "group" or "other"', /-name/],
    ['find files with a colon in their names', /colon/],
    ['kill the lights', /./],
    ['kill all processes of firefox', /./],
    ['save the output of ls to list.txt', /./],
    ['show all subdirectories of the current directory', /ls -R/],
    ['find files with "blah" (case insensitive) in their names', /grep/],
  ])('%s: never that sure answer', (words, command) => {
    const { confidence, ...answer } = ask(words)
    expect(confidence === 'sure' ? answer.command : '').not.toMatch(command)
  })

  test('a heading is not counted', () => {
    expect(compose('count the number of processes of user bob')).toEqual([])
  })

  test('what stands behind a command that changes something is no part of it', () => {
    expect(compose('delete a.txt and sort it')).toEqual([])
  })

  test('a tool is named for words that nothing else answers, always as a guess, and for no deletion', () => {
    expect(ask('display messages of the kernel newest first without a pager')).toMatchObject({
      confidence: 'perhaps',
    })
    for (const words of [
      'never restart the nginx service at night',
      'should I rather use tabs or spaces in python',
    ])
      expect(ask(words).command, words).toBe(null)
    expect(toolsFor('clear the messages of the kernel ring buffer', knowledge)).toEqual([])
    expect(toolsFor('remove modules from the kernel', knowledge)).toEqual([])
  })

  test('a tool that deletes or changes something is named for no words that do not ask for it', () => {
    for (const words of ['user account mail spool home directory', 'bring interface link state up'])
      for (const { command } of toolsFor(words, knowledge)) {
        expect(destroysByName(command), command).toBe(false)
        expect(changesSomething(command), command).toBe(false)
      }
  })

  test.each([
    // The tool's own name is a verb.
    ['ping every machine of the network over IPv6', 'ping'],
    // It does what the words begin with; sshfs and ssh say more of what follows.
    ['mount a remote share with credentials', 'mount'],
    // `format` is a thing here, and `overwriting` is what is not wanted.
    ['list the entries of a directory in long format with inode numbers', 'ls'],
    ['ask before overwriting a file that is moved somewhere', 'mv'],
  ])('for %j the tool %s is named first', (words, tool) => {
    expect(toolsFor(words, knowledge)[0]?.source).toBe(`tool ${tool}`)
  })

  test.each([
    ['print the full name of the current user', 'id'],
    ['ls: display extended attribute keys and sizes', 'ls'],
    ['cp: copy files using clonefile', 'cp'],
    ['stat: display information in shell output format', 'stat'],
    ['date: do not try to set the date', 'date'],
    ['sed: edits files in place, saving backups with the specified extension', 'sed'],
  ])('for %j an option that only macOS has is not guessed', (words, tool) => {
    const found = toolsFor(words, knowledge).find(({ source }) => source === `tool ${tool}`)
    expect(found).toBeDefined()
    const [, ...rest] = (found?.command ?? '').split(' ')
    expect(onLinux(tool, rest)).toEqual(rest)
  })

  test('words that begin with a look are answered with no tool that changes something, though they say `changes`', () => {
    for (const words of [
      'show the user whose password changes',
      'list the changes that a git pull with rebase makes',
    ])
      for (const { command } of toolsFor(words, knowledge))
        expect(changesSomething(command), command).toBe(false)
    // Of `dpkg install` and `apt edit-sources` only the subcommand says so.
    for (const { command } of toolsFor('print what the package upgrade changes', knowledge))
      expect(command).not.toMatch(/^\S+ (?:install|edit|upgrade)/)
  })

  test('no tool is named by an option that ends processes', () => {
    const commands = toolsFor('which program listens on 8443', knowledge).map(({ command }) => command)
    expect(commands).not.toEqual([])
    expect(commands.join('\n')).not.toMatch(/fuser -k/)
  })

  test.each([
    'delete directories older than 30 days in /srv/cache',
    'remove folders in /srv older than 30 days',
    'delete directories older than 30 days',
    'find directories in /srv older than 30 days and delete them',
  ])('%j deletes nothing: the time of a directory says nothing of what is in it', (words) => {
    expect(ask(words).command ?? '').not.toMatch(/delete|\brm\b|vacuum/)
  })

  test.each([
    ['sort names.txt and save it to names.txt', 'sort -o names.txt names.txt'],
    ['sort names.txt in reverse and save it to ./names.txt', 'sort -r -o names.txt names.txt'],
    ['print lines in a.txt that contain "x" and save them to a.txt', undefined],
    ['print lines in "a b" that contain "x" and sort them and save them to "a b"', undefined],
    ['concatenate a.txt and b.txt into a.txt', undefined],
    ['find files containing "x" in /srv/list and save the list to /srv/list', undefined],
    ['create a file named "x" with the text "x"', 'echo x > x'],
    ['concatenate [a-Z]*.txt and b.txt into z.txt', undefined],
  ])('%j empties no file that it reads', (words, command) => {
    expect(compose(words)[0]?.command).toBe(command)
    expect(ask(words).command ?? '').not.toMatch(/^(?!echo).*>/)
  })

  test.each([
    ['copy directory app/ recursively to bob@host:/srv except secrets.env', undefined],
    ['sort data.txt by 2nd column', 'sort -k 2,2 data.txt'],
    ['sort data.txt numerically by column 3', 'sort -n -k 3,3 data.txt'],
    ['join all lines of a.txt with ";"', undefined],
    ['join all lines of a.txt with commas', 'paste -sd, a.txt'],
    ['copy a.txt to b.txt unless c.txt exists', undefined],
    ['copy a.txt to b.txt unless it exists', 'cp -n a.txt b.txt'],
    ['add /opt/lib to $LD_LIBRARY_PATH', 'export LD_LIBRARY_PATH="$LD_LIBRARY_PATH:/opt/lib"'],
    ['add /opt/bin to the path', 'export PATH="$PATH:/opt/bin"'],
    ['switch to main', undefined],
    ['switch to user bob', 'su - bob'],
    ['find all *.log files in /srv accessed more than 30 days ago and less than 60 days ago and delete them', "find /srv -type f -atime +30 -atime -60 -name '*.log' -delete"],
    ['delete all *.log files in /srv and less than 60 days ago', undefined],
    ['find files in /srv that do not end with .txt', "find /srv -type f ! -name '*.txt'"],
    ['find files that do not start with "a" in /srv', "find /srv -type f ! -name 'a*'"],
    ['find files in /srv owned by nobody', 'find /srv -type f -nouser'],
    [`concatenate ${'*a'.repeat(20)}*b and x.txt into ${'a'.repeat(60)}b.c`, `cat ${'*a'.repeat(20)}*b x.txt > ${'a'.repeat(60)}b.c`],
    ['concatenate *a*.c and x.txt into bab.c', undefined],
    ['find files in /srv with a size of 10 MB', 'find /srv -type f -size 10485760c'],
    ['delete files in /srv with spaces in their names', "find /srv -type f -name '* *' -delete"],
    ['delete all files with the setuid bit in /srv', 'find /srv -type f -perm -4000 -delete'],
    ['delete every file named core in /srv', 'find /srv -type f -name core -delete'],
    ['delete the file named foo.txt in /srv', 'rm /srv/foo.txt'],
    ['delete foo.txt in /srv', 'rm /srv/foo.txt'],
    ['delete the directory named cache in /srv', 'rm -r /srv/cache'],
    ['delete all files except a.txt and b.txt', 'find . -maxdepth 1 -type f ! -name a.txt ! -name b.txt -delete'],
    ['copy report.txt from bob@host:/srv', 'scp bob@host:/srv/report.txt .'],
    ['copy the whole contents of src/ to dst/', 'cp -r src//. dst/'],
    ['make run.sh readable by me', 'chmod u+r run.sh'],
    ['save the list of files to list.txt', 'ls > list.txt'],
    ['find files in /srv that do not belong to group staff', 'find /srv -type f ! -group staff'],
  ])('%j means what it says', (words, command) => {
    expect(compose(words)[0]?.command).toBe(command)
  }) // biome-ignore format: one request a line

  test('what another shell lacks is composed for none that lacks it', () => {
    const common = 'print lines common to a.txt and b.txt'
    expect(ask(common).command).toContain('<(')
    expect(ask(common, { shell: 'sh' }).command).not.toContain('<(')
    expect(ask(common, { shell: 'fish' }).command).not.toContain('<(')
    const assigned = 'count the lines of a.txt and assign it to variable n'
    expect(ask(assigned, { shell: 'sh' }).command).toBe('n=$(wc -l a.txt)')
    expect(ask(assigned, { shell: 'fish' }).command).toBe(null)
  })

  test('a copy goes where the request says', () => {
    const { command, alternatives } = ask('copy app/ to bob@host:/srv')
    for (const one of [command, ...alternatives.map((other) => other.command)])
      expect(one).toMatch(/app\/ bob@host:\/srv$/)
    expect(ask('copy bob@host:a.txt to .').command).toBe('scp bob@host:a.txt .')
    expect(ask('download https://a.b/c in background').command).toBe('wget -b https://a.b/c')
  })

  test('what is left out is left out, or there is no answer', () => {
    for (const words of [
      'delete all files in /srv but not the purple ones',
      'find files except those that I like',
      'find files in /srv except purple',
    ])
      expect(compose(words), words).toEqual([])
    expect(compose('find files in /srv except *.log')[0]?.command).toBe("find /srv -type f ! -name '*.log'")
  })

  test('every name is one quoted word, and a path cannot become an option', () => {
    expect(compose('find files named "a\'; rm -rf ~; \'" in /srv')[0]?.command).toBe(
      "find /srv -type f -name 'a'\\''; rm -rf ~; '\\'''",
    )
    expect(compose('delete the file "-rf"')[0]?.command).toBe('rm ./-rf')
  })

  test.each([
    'move / to /dev/null',
    'delete "*"',
    'delete everything',
    'make everything writable',
    'change permissions of all files to 777',
    'delete all files in ~',
    'delete all files in the current directory',
    'delete all files except *.log in .',
    'delete all *.log files in /',
    'remove spaces in filenames in /srv',
    'remove the setuid bit from all files in /srv',
    'remove "foo" from all files in /srv',
    'delete the file called a.txt from /srv',
    'delete my file named a.txt in /srv',
    'change permissions of the file named a.txt in /srv to 600',
    'delete all files older than a.txt',
    'delete hard links to a.txt in /srv',
    'kill all processes of firefox',
    'kill all processes belonging to me',
    'create backup.tar.gz containing /etc',
    'create backup.tar.gz containing "x"',
    'copy a.txt from bob@host:',
  ])('%j is composed for nobody', (words) => {
    for (const { command } of compose(words)) expect(changesSomething(command), command).toBe(false)
  })
})

describe('what is done with files', () => {
  test.each([
    'delete the first 5 files in /tmp/x',
    'delete the top 3 files larger than 1G in /srv',
    'find the first 5 files in /tmp/x and move them to /old',
    'count the files in /srv and delete them',
    'find all files in /srv and delete them and save the list to a.txt',
  ])('%j is not answered: a pipe does not limit what is done', (words) => {
    expect(compose(words)).toEqual([])
  })

  test.each([
    'delete directories older than 30 days in /srv/data',
    'delete files and directories older than 30 days in /srv/data',
    'delete all directories owned by bob in /srv',
    'delete all directories in /srv except keep.d',
    'move all directories older than 30 days in /srv to /old',
  ])('%j is not answered: what is in a directory may be something else', (words) => {
    expect(compose(words)).toEqual([])
  })

  test.each([
    ['delete all directories named "cache" in /srv', 'find /srv -mindepth 1 -type d -name cache -exec rm -r {} +'],
    ['move all directories named "x" in /srv to /old', 'find /srv -mindepth 1 -type d -name x -exec mv -t /old {} +'],
    ['delete all empty files and directories in /srv', 'find /srv -mindepth 1 -empty -delete'],
    ['delete all broken symlinks in /srv', 'find /srv -xtype l -delete'],
    ['delete all *.log files in the current directory', "find . -type f -name '*.log' -delete"],
    ["replace '1.0' with 'a.&' in all txt files in /srv", "find /srv -type f -name '*.txt' -exec sed -i 's/1\\.0/a.\\&/g' {} +"],
    ['change the permissions of run.sh to -x', 'chmod -x run.sh'],
    ['change the permissions of all files in /srv to -x', 'find /srv -type f -exec chmod -x {} +'],
    ['delete the file "-x"', 'rm ./-x'],
    ['kill all processes named "sh"', 'pkill -x sh'],
  ])('%s', (words, command) => {
    expect(compose(words)[0]).toMatchObject({ command, confidence: 'sure' })
  }) // biome-ignore format: one request a line

  test('a left-over `or` makes no `and` of two tests, and `only` or `more` say something', () => {
    expect(compose('find files larger than 100 MB or older than 30 days in /srv')).toEqual([])
    expect(compose('delete files larger than 100 MB or older than 30 days in /srv')).toEqual([])
    for (const word of ['only', 'more', 'one'])
      expect(compose(`find ${word} files larger than 3 MB in /srv`)[0], word).toMatchObject({
        confidence: 'perhaps',
      })
  })
})

test.each([
  'docker container prune',
  'docker volume prune -f',
  'docker network prune',
  'docker image prune -a',
  'ip link set eth0 down',
  'git config --global user.name Bob',
  'git config user.name "Bob"',
  'chmod +x a',
  'sudo -u bob chown bob a',
  'LC_ALL=C mkdir a',
  '/bin/mv a b',
  "sh -c 'rm a'",
  'git tag v1',
  'git tag -d v1',
  'sed --in-place s/a/b/ a',
])('%j changes something', (command) => {
  expect(changesSomething(command)).toBe(true)
})

test.each([
  'docker container ls',
  'ip link show',
  'git config --global user.name',
  'git config --get user.name | cat',
  'git tag -l',
  'mount | column -t',
  'ls /bin/rm',
  'kill -l',
  'sed -n -e 1p a',
])('%j changes nothing', (command) => {
  expect(changesSomething(command)).toBe(false)
})

describe('a request to show', () => {
  const own = [
    'git commit -m "fix login"',
    'sed -i s/a/b/g notes.txt',
    'cp build out',
    'echo x > who.txt',
  ].map((command) => ({
    command,
    cwd: '/srv',
    exit_code: 0,
    risk_level: 'safe',
  }))

  test.each([
    'who is logged in',
    'show the login fix',
    'list the notes',
    'print notes.txt with all occurrences of a replaced by b',
    'find all files in the build',
    'which files were changed',
    'show what was deleted',
    'list all environment variables whose name starts with GO',
    'count the files that were removed',
  ])('%j is answered with nothing that changes anything', (words) => {
    const { command, alternatives } = ask(words, { own })
    for (const one of [command ?? '', ...alternatives.map((other) => other.command)])
      expect(changesSomething(one), one).toBe(false)
  })

  test("the model's command that changes something is no answer", () => {
    for (const command of ['git config --global user.name Bob', 'ip link set eth0 down', 'touch who.txt']) {
      const answer = ask('show who is logged in', { model: { name: 'm', command } })
      expect(answer.command, command).not.toBe(command)
      expect(answer.notes.join(), command).toContain('the request only asks to see something')
    }
  })

  test('words that want a change are no request to show', () => {
    for (const words of [
      'find logs and delete them',
      'list the files into a.txt',
      'find scripts and set their read permission',
      'show me how to rename a file',
    ])
      expect(onlyLooks(words), words).toBe(false)
    for (const words of [
      'show changed files',
      'which files start with a',
      'is nginx running',
      'search for files with the read permission set for everybody',
    ])
      expect(onlyLooks(words), words).toBe(true)
  })
})

test("history is offered on strong overlap only, and never with Karo's own lines", () => {
  const own = [
    './deploy-red.sh staging',
    'karo ask deploy blue staging',
    'node dist/karo.js ask deploy blue staging',
  ].map((command) => ({
    command,
    cwd: '/srv',
    exit_code: 0,
    risk_level: 'safe',
  }))
  expect(ask('deploy staging red', { own })).toMatchObject({
    command: './deploy-red.sh staging',
    confidence: 'sure',
  })
  const { command, alternatives } = ask('deploy blue staging', { own })
  for (const one of [command ?? '', ...alternatives.map((other) => other.command)])
    expect(one).not.toContain('karo')
})

test.each([
  ['what did I do yesterday?', 'karo history --since yesterday --until yesterday'],
  ['is anything failing', 'karo doctor'],
  ['how much disk does my history use', 'karo status'],
  ['how many commands did I run today', 'karo stats'],
])('%j is answered by Karo itself', (words, command) => {
  expect(ask(words)).toMatchObject({ command, source: 'karo', confidence: 'sure' })
})

test('no command of Karo counts those of yesterday', () => {
  expect(ask('how many commands did I run yesterday').source).not.toBe('karo')
})
