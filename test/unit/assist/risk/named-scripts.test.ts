// Scripts in files that a line names are judged as if they were typed: files of shells, makefiles, scripts of npm.
import { expect, test } from 'vitest'
import { checkCommand, type Machine, type Shell } from '../../../../src/assist/risk/index.ts'
import { START_FILES } from '../../../../src/cli/shells/start-files.ts'

const PROJECT = '/home/me/src/project'
const FILES: Readonly<Record<string, string>> = {
  'delete.sh': 'rm -rf "$1"\n',
  'gone.sh': 'rm -rf ~\n',
  'rc.sh': `${START_FILES.bash.line('"$HOME"/.local/share/karo/shells/bash', 'command -v karo >/dev/null 2>&1', 'karo shell init bash --keep')}\n`,
  jobs: 'MAILTO=""\n# daily\n@daily true\n5 4 * * * rm -rf ~\n',
  'twice.sh': 'sh ./delete.sh "$1"\n',
  'itself.sh': 'bash ./itself.sh\n',
  'functions.sh': 'wipe() { rm -rf "$1"; }\ngreet() { echo hello; }\n',
  branch: '#!/usr/bin/env bash\nif [ "$1" = all ]; then rm -rf ~; fi\n',
  'values.sh': 'DIR=$1\nclean() { rm -rf "$DIR/$1"; }\nclean x\n',
  'unseen.sh': 'echo "$(cat list)" | sh\n$TOOL run\n(\n',
  'build.sh': 'set -e\ncd "$(dirname "$0")"\ntsc -p . > out.log\nrm -rf dist\nmkdir dist\n',
  'delete.py': '#!/usr/bin/env python3\nimport shutil\nshutil.rmtree("/home/me")\n',
  'work.py': 'import app\napp.run()\n',
  'ci.py':
    'import lib.lint as lint, sys\nfrom lib import (shared, value)\nif x:\n    from .. import y\nprint("import no")\n',
  'lib/__init__.py': 'from . import lint\n',
  'lib/lint.py': 'import ci\n',
  'lib/shared.py': '',
  'main.js':
    'import one from "./lib/one"\nimport "left-pad"\nconst fs = require("fs"), p = require(`./pack`)\n',
  'lib/one.js': 'export * from "../main.js"\nimport("./none.mjs")\n',
  'lib/two.rb': 'require "json"\nrequire_relative "three"\nload "gone.rb"\n',
  'many.py': Array.from({ length: 30 }, (_, i) => `import many_${i}\n`).join(''),
  'gone.lua': 'os.execute("rm -rf /home/me")\n',
  'gone.pm': 'system("rm -rf /home/me")\n',
  'gone.js': 'require("child_process").execSync("rm -rf /home/me")\n',
  'site/sitecustomize.py': 'import shutil\nshutil.rmtree("/home/me")\n',
  'site/gone.py': 'import shutil\nshutil.rmtree("/home/me")\n',
  'daily/job': 'rm -rf ~\n',
  '.zshenv': 'rm -rf ~\n',
  'own.py': 'import os\nopen(os.path.join(os.environ["HOME"], ".claude/settings.json"), "w").write("{}")\n',
  'own.js': 'require("fs").writeFileSync(`${process.env.HOME}/.claude/settings.json`, "{}")\n',
  'long.js': `${'console.log("one", 2)\n'.repeat(400)}require("fs").writeFileSync(process.env.HOME + "/.claude/settings.json", "{}")\n`,
  'signs.js':
    'const a = (b) => b[0]?.x ? [...b] : /[^/]*\\/.*?/.test(b) && 2 * b / 3\nrequire("fs").writeFileSync("a", a)\n',
  'talks.js': `${Array.from({ length: 300 }, (_, i) => `a.b${i}(x.y)\n`).join('')}console.log("karo")\nfs.writeFileSync("out", "")\n`,
  'start.py': 'import os\nopen(os.path.expanduser("~/.bashrc"), "a").write("x")\n',
  'own.pl': 'open(my $f, ">", $ENV{HOME} . "/.claude/settings.json"); print $f "{}";\n',
  'own.rb': 'File.write(File.join(Dir.home, ".claude/settings.json"), "{}")\n',
  'own.php': "<?php file_put_contents(getenv('HOME') . '/.claude/settings.json', '{}');\n",
  'own.lua': 'local f = io.open(os.getenv("HOME") .. "/.claude/settings.json", "w")\n',
  'reads.py': 'print(open("/home/me/.claude/settings.json").read())\n',
  'delete.php': '<?php system("rm -rf /home/me");\n',
  'gone.rb': 'require "fileutils"\nFileUtils.rm_rf("/home/me")\n',
  'gone.awk': 'BEGIN { system("rm -rf /home/me") }\n',
  'sums.awk': '{ n += $1 } END { print n }\n',
  'passwd.sed': 'w /etc/passwd\n',
  'passwd.vim': 'w! /etc/passwd\nq\n',
  'gone.exp': 'spawn rm -rf /home/me\n',
  'gone.gdb': 'set pagination off\nshell rm -rf ~\n',
  'own.diff': '--- /home/me/.bashrc\n+++ /home/me/.bashrc\n',
  'talk.diff': '--- a/src/x.ts\n+++ b/src/x.ts\n@@ -1 +1 @@\n-// .bashrc\n+// ~/.bashrc\n',
  'pack/package.json': '{ "main": "./run.js" }',
  'pack/run.js': 'require("fs").rmSync("/home/me", { recursive: true })\n',
  'listed/package.json': '{ "scripts": ["tsc", "rm -rf ~"] }',
  'inc.mk': 'wipe:\n\trm -rf ~\n',
  justfile: 'all: build\n  echo done\nbuild name="x":\n  @rm -rf ~\nshow:\n  ls\n',
  Makefile:
    'OUT = /home/me\nall: build ; echo done\nbuild:\n\t@echo $$HOME\nclean: build\n\t-rm -rf $(OUT)\nempty:\n\trm -rf $(DIR)\n%.o: %.c\n\tcc $<\ninclude inc.mk\n',
  'package.json': JSON.stringify({
    scripts: {
      build: 'tsc',
      prepare: 'rm -rf dist',
      reset: 'npm run gone',
      gone: 'rm -rf ~',
      del: 'rm -rf',
      pretest: 'rm -rf ~',
    },
  }),
}
const RUNNERS: Readonly<Record<string, string>> = {
  py: 'python3',
  js: 'node',
  pl: 'perl',
  rb: 'ruby',
  php: 'php',
  lua: 'lua',
}
const machine: Machine = {
  files: [],
  startFiles: [],
  programs: [],
  real: (path) => path,
  names: (directory) =>
    Object.keys(FILES).flatMap((path) => {
      const at = `${PROJECT}/${path}`
      return at.startsWith(`${directory}/`)
        ? at
            .slice(directory.length + 1)
            .split('/')
            .slice(0, 1)
        : []
    }),
  read: (path) => (path.startsWith(`${PROJECT}/`) ? FILES[path.slice(PROJECT.length + 1)] : undefined),
}
const check = (line: string) => {
  const [, shell, rest = line] = /^(zsh|fish): (.*)$/.exec(line) ?? []
  return checkCommand(rest, {
    home: '/home/me',
    cwd: PROJECT,
    machine,
    ...(shell && { shell: shell as Shell }),
  })
}

test.each([
  '. ./rc.sh',
  'eval "$(atuin init bash --disable-up-arrow)"',
  'eval "$(mise activate bash --shims)"',
])('an AI tool may load what prepares a shell: %s', (line) => {
  expect(checkCommand(line, { home: '/home/me', cwd: PROJECT, machine, caller: 'tool' }).matches).toEqual([])
})

test.each([
  ['bash delete.sh ~', 'critical'],
  ['./delete.sh ~', 'critical'],
  ['sudo ./delete.sh /', 'critical'],
  ['bash twice.sh ~', 'critical'],
  ['X=~; sh delete.sh $X', 'critical'],
  ['cd /tmp && bash ~/src/project/delete.sh ~', 'critical'],
  ['. ./functions.sh && wipe ~', 'critical'],
  ['find . -name x -exec bash delete.sh ~ \\;', 'critical'],
  ['bash < gone.sh', 'critical'],
  ['sh -s x <gone.sh', 'critical'],
  ['sudo bash < gone.sh', 'critical'],
  ['batch < gone.sh', 'critical'],
  ['at now < gone.sh', 'critical'],
  ['python3 < delete.py', 'high'],
  ['cat < gone.sh', 'safe'],
  ['bash build.sh < gone.sh', 'safe'],
  ['crontab jobs', 'critical'],
  ['crontab - < jobs', 'critical'],
  ['crontab < jobs', 'critical'],
  ['crontab -l < jobs', 'safe'],
  // What is in a branch may not run.
  ['./branch', 'high'],
  ['bash values.sh ""', 'high'],
  ['python3 delete.py', 'high'],
  ['./delete.py', 'high'],
  ['make clean', 'critical'],
  ['make -f Makefile clean', 'critical'],
  ['make empty DIR=~', 'critical'],
  ['npm run reset', 'critical'],
  ['npm run del -- ~', 'critical'],
  ['npm test', 'safe'],
  ['cd listed && npm run 1', 'critical'],
  ['cd listed && npm run 0', 'safe'],
  ['cd src/deep && yarn gone', 'critical'],
  ['bash delete.sh build', 'safe'],
  ['bash itself.sh', 'safe'],
  ['source functions.sh && greet', 'safe'],
  // A start file that loads the guard.
  ['. ./rc.sh', 'safe'],
  ['bash build.sh', 'safe'],
  ['bash unseen.sh', 'safe'],
  ['python3 work.py', 'safe'],
  ['make', 'safe'],
  ['make clean OUT=build', 'safe'],
  ['make -n clean', 'safe'],
  ['npm run build', 'safe'],
  ['awk -f gone.awk x', 'critical'],
  ['awk -f sums.awk x', 'safe'],
  ['BASH_ENV=./gone.sh bash -c true', 'critical'],
  ['gdb -batch -x gone.gdb', 'critical'],
  ['just', 'critical'],
  ['just -f justfile build', 'critical'],
  ['just show', 'safe'],
  ['npm install', 'safe'],
  ['bash missing.sh ~', 'safe'],
  ['sh ./g*.sh', 'critical'],
  ['./g?ne.sh', 'critical'],
  ['for f in *.sh; do sh $f; done', 'critical'],
  ['ls g*.sh | xargs -n1 sh', 'critical'],
  ['sh b*.sh', 'safe'],
  ['sh n*.sh', 'safe'],
  ['python3 -m delete', 'high'],
  ['python3 -m work', 'safe'],
  ['node pack', 'high'],
  ['node --require ./pack/run.js x.js', 'high'],
  ['make wipe', 'critical'],
  ['PATH=~/src/project:$PATH; delete.sh ~', 'critical'],
  ['env PATH=. delete.sh ~', 'critical'],
  ['PATH+=:~/src/project && sudo delete.sh ~', 'critical'],
  ['PATH=~/bin:$PATH delete.sh ~', 'safe'],
  ['zsh: path=(. $path); delete.sh ~', 'critical'],
  ['zsh: path+=(~/src/project); delete.sh ~', 'critical'],
  ['fish: fish_add_path .; delete.sh ~', 'critical'],
  ['bash -n delete.sh ~', 'safe'],
  ['bash -norc delete.sh ~', 'critical'],
  ['bash -i -n delete.sh ~', 'critical'],
  ['ruby -wc gone.rb', 'safe'],
  ['ruby -rcsv gone.rb', 'high'],
  // What is printed of a file and run is judged like the file.
  ['cat gone.sh | sh', 'critical'],
  ['cat < gone.sh | sh', 'critical'],
  ['eval "$(cat gone.sh)"', 'critical'],
  ['eval $(cat build.sh gone.sh)', 'critical'],
  ['sh -c "$(cat gone.sh)"', 'critical'],
  ['sudo bash -c "$(< gone.sh)"', 'critical'],
  ['bash <(cat gone.sh)', 'critical'],
  ['source <(cat gone.sh)', 'critical'],
  ['x=$(cat gone.sh); eval "$x"', 'critical'],
  ['echo "$(cat gone.sh)" | sh', 'critical'],
  ['sh <<< "$(cat gone.sh)"', 'critical'],
  ['sh <<X\n$(cat gone.sh)\nX', 'critical'],
  ['{ sh; } < gone.sh', 'critical'],
  ['cd / && cat ~/src/project/gone.sh | (cd /tmp && sh)', 'critical'],
  ['cat delete.sh | sh -s -- ~', 'critical'],
  ['sh -s ~ < delete.sh', 'critical'],
  ['cp gone.sh x.sh && sh x.sh', 'critical'],
  ['cat gone.sh > x.sh; ./x.sh', 'critical'],
  ['cat jobs | crontab -', 'critical'],
  ['python3 -c "$(cat delete.py)"', 'high'],
  ['cat delete.py | python3', 'high'],
  ['cat build.sh | sh', 'safe'],
  ['eval "$(cat functions.sh)"', 'safe'],
  ['cat work.py | python3', 'safe'],
  ['cat missing.sh | sh', 'high'],
  ['cat build.sh | sed s/a/b/ | sh', 'high'],
  ['{ echo "rm x"; cat build.sh; } | sh', 'high'],
  // What is read before the program's own code.
  ['BASH_ENV=gone.sh make show', 'critical'],
  ['export ENV=./gone.sh; sh -i', 'critical'],
  ['ZDOTDIR=. zsh -c true', 'critical'],
  ['NODE_OPTIONS="--no-warnings --require=./gone" npm run build', 'high'],
  ['NODE_OPTIONS="$NODE_OPTIONS --no-warnings" npm run build', 'safe'],
  ['RUBYOPT=-r./gone ruby x.rb', 'high'],
  ['ruby -I. -rgone x.rb', 'high'],
  ['perl -I . -Mgone=x -e 1', 'high'],
  ['perl -MData::Dumper -e 1', 'safe'],
  ['PERL5LIB=lib:. perl -mgone x.pl', 'high'],
  ['PERL5OPT="-I. -Mgone" prove', 'high'],
  ['PYTHONPATH=lib:site pytest', 'high'],
  ['PYTHONPATH=. python3 -m site.gone', 'high'],
  ['PYTHONPATH=lib python3 work.py', 'safe'],
  ['MAKEFILES=inc.mk make wipe', 'critical'],
  ['make -f justfile -f inc.mk wipe', 'critical'],
  ['LUA_INIT=@gone.lua lua x.lua', 'high'],
  ['run-parts daily', 'critical'],
  ['run-parts --list daily', 'safe'],
  ['hash -p branch ls; ls', 'high'],
  ['exec < gone.sh; sh', 'critical'],
  ['exec 3< gone.sh; sh <&3', 'critical'],
  ['cp gone.sh build/; sh build/gone.sh', 'critical'],
  ['cp gone.sh Makefile /tmp/x && sh /tmp/x/gone.sh', 'critical'],
  ['install -m 755 -t bin gone.sh && bin/gone.sh', 'critical'],
  ['mv daily nightly; sh nightly/job', 'critical'],
  ['ln -s $PWD/daily d; sh d/job', 'critical'],
  ['cp gone.sh .; sh build.sh', 'safe'],
  ['cp gone.sh daily; sh daily', 'safe'],
  ['dd if=gone.sh of=x status=none; sh x', 'critical'],
  ['env -C daily sh ./job', 'critical'],
  ['sudo --chdir=daily -- sh job', 'critical'],
  ['env -C lib sh ./job', 'safe'],
  ['php -d auto_prepend_file=delete.php x.php', 'high'],
  ['php -dmemory_limit=1G x.php', 'safe'],
] as const)('%s is %s', (line, level) => {
  expect(check(line).risk_level).toBe(level)
})

test('the finding stands where the line names the file, and no safer form is made from the text of the file', () => {
  const { matches, safer } = check('echo x; bash delete.sh ~')
  expect(matches[0]).toMatchObject({ rule: 'rm-home', span: [13, 22] })
  expect(safer).toBeUndefined()
})

test('a file that the line writes is judged by what the line writes, and none is read without a machine', () => {
  expect(check('echo "echo hi" > delete.sh; bash delete.sh ~').risk_level).not.toBe('critical')
  expect(checkCommand('bash delete.sh ~', { home: '/home/me', cwd: PROJECT }).risk_level).toBe('safe')
})

test.each([
  ['base64 -d x > y; sh y', true],
  ['sed s/a/b/ gone.sh > y && sh y', true],
  ['sed s/a/b/ gone.sh > y', false],
  ['while read l; do $l; done < gone.sh', true],
  ['mapfile -t a < gone.sh; "${a[@]}"', true],
  ['while read l; do echo $l; done < gone.sh', false],
  ...['py', 'js', 'pl', 'rb', 'php', 'lua'].map((end) => [`${RUNNERS[end]} own.${end}`, true] as const),
  ['node long.js', true],
  ['python3 reads.py', false],
  ['node signs.js', false],
  ['node talks.js', false],
  ['python3 start.py', true],
  ['sed -f passwd.sed x', true],
  ['sed -nf passwd.sed x', true],
  ['sed -Enfpasswd.sed x', true],
  ["find . -name x.sh -exec sh {} ';'", true],
  ["find . -name x.sh -exec sh -n {} ';'", false],
  ['sh $SCRIPT', true],
  ['PATH=$X:$PATH tool', true],
  ['export PATH=$(go env GOPATH)/bin:$PATH; tool', true],
  ['export PATH=$(go env GOPATH)/bin:$PATH; echo done', false],
  ['PATH=$HOME/bin:$PATH tool', false],
  ['NODE_OPTIONS=$X node work.js', true],
  ['PYTHONPATH=$X pytest', true],
  ['PYTHONPATH=src:$PYTHONPATH pytest', false],
  ['PATH=$X:$PATH ./work.py', false],
  ['php -l $FILE', false],
  ['karo config unset guard.profile', true],
  ['vim -es -S passwd.vim', true],
  ['expect gone.exp', true],
  ['git apply own.diff', true],
  ['patch -p0 < own.diff', true],
  ['patch -p1 -i talk.diff', false],
  ['git apply talk.diff', false],
  ['vim src/passwd.vim', false],
] as const)('code in a file that an option names, or that is input: %s', (line, isAsked) => {
  const { risk_level } = checkCommand(line, { home: '/home/me', cwd: PROJECT, machine, caller: 'tool' })
  expect(/high|critical/.test(risk_level)).toBe(isAsked)
})

const heardOf = (line: string): readonly string[] => {
  const heard = new Set<string>()
  const runs = (path: string): unknown => heard.add(path)
  checkCommand(line, { home: '/home/me', cwd: PROJECT, machine: { ...machine, runs } })
  return [...heard]
}
const inProject = (paths: string): readonly string[] => paths.split(' ').map((path) => `${PROJECT}/${path}`)
/** What `import app` looks for. */
const APP = 'app/__init__.py app.py'

test.each([
  ['tool', ['tool']],
  ['env PATH=.:/usr/bin:/bin tool', [`${PROJECT}/tool`, 'tool', 'env']],
  ['PATH=bin:$PATH; tool', [`${PROJECT}/bin/tool`, 'tool']],
  ['PATH=:/bin nohup tool', [`${PROJECT}/tool`, 'tool', `${PROJECT}/nohup`, 'nohup']],
  ['PATH=/opt/x tool', ['/opt/x/tool']],
  ['PATH=$X tool', []],
  ['java -javaagent:x.jar Main', ['java', `${PROJECT}/x.jar`]],
  ['PERL5LIB=lib perl -MA::B x', ['perl', `${PROJECT}/lib/A/B.pm`, `${PROJECT}/x`, `${PROJECT}/x.pm`]],
  ['cat work.py | python3', ['cat', `${PROJECT}/work.py`, ...inProject(APP), 'python3']],
  ['cp work.py x.py && python3 x.py', ['cp', 'python3', `${PROJECT}/work.py`, ...inProject(APP)]],
  ['env -C daily ./job', [`${PROJECT}/daily/job`, 'rm', 'env']],
  ['GIT_EXEC_PATH=daily git x', ['git', `${PROJECT}/daily/job`]],
  ['git --exec-path=daily x', ['git', `${PROJECT}/daily/job`]],
  ['LD_LIBRARY_PATH=daily ls', ['ls', `${PROJECT}/daily/job`]],
  ['while read l; do $l; done < daily/job', ['read', `${PROJECT}/daily/job`]],
  ['$(cat daily/job)', ['cat', `${PROJECT}/daily/job`, 'rm']],
  ["find daily -exec ./{} ';'", [`${PROJECT}/daily`, `${PROJECT}/daily/job`, 'rm', 'find']],
  ["find daily -type f -exec {} ';'", [`${PROJECT}/daily/job`, 'rm', 'find']],
  ['cat daily/job | xargs -I{} {}', ['cat', `${PROJECT}/daily/job`, 'xargs']],
] as const)('what runs: %s', (line, expected) => {
  expect(heardOf(line)).toEqual(expected)
})

test.each([
  [
    'python3 ci.py',
    'ci.py lib/__init__.py lib/lint/__init__.py lib/lint.py ci/__init__.py lib/shared/__init__.py lib/shared.py sys/__init__.py sys.py',
  ],
  [
    'python3 -c "import lib.shared; f()"',
    'lib/__init__.py lib/lint/__init__.py lib/lint.py ci/__init__.py ci.py sys/__init__.py sys.py lib/shared/__init__.py lib/shared.py',
  ],
  [
    'node main.js',
    'main.js lib/one lib/one.js pack pack.js pack/package.json pack/run.js lib/none.mjs lib/none.mjs.js lib/none.mjs/package.json lib/none.mjs/index.js',
  ],
  ['ruby lib/two.rb', 'lib/two.rb lib/three lib/three.rb lib/gone.rb lib/gone.rb.rb gone.rb'],
  ['node -e "require(\'./pack\')"', 'pack pack.js pack/package.json pack/run.js'],
  ['perl -e \'do "./gone.pm"\'', 'gone.pm'],
  ['php -r "include \'a.php\';"', 'a.php'],
])('what runs with it: %s', (line, expected) => {
  expect(heardOf(line).slice(1).toSorted()).toEqual(inProject(expected).toSorted())
})

test('of imported files as many are looked at as one line may take', () => {
  expect(heardOf('python3 many.py').length).toBe(2 + 48)
})
