// Ways in which a shell command replaces, changes, hides or takes away a file: for tests that none of them goes unasked.
import { spawnSync } from 'node:child_process'

export interface Way {
  readonly name: string
  /** Programs without which it cannot be tried. */
  readonly needs: readonly string[]
  /** The command line; `file` is the path as a shell is to read it. */
  readonly line: (file: string) => string
  /** The path stands in a text that no shell expands, so it has to be absolute and without quotes. */
  readonly literal?: true
}

/** `name: programs: line`, FILE for the path; `new` is a file that is there, with another text. */
const WORDS = `
redirect:: cat new > FILE
append:: cat new >> FILE
clobber:: cat new >| FILE
both:: cat new &> FILE
read-write:: cat new 1<> FILE
tee: tee: cat new | tee FILE
tee-append: tee: tee -a FILE < new
sort: sort: sort -o FILE new
sort-joined: sort: sort new -oFILE
sort-long: sort: sort --output=FILE new
sort-short: sort: sort --outp FILE new
shuf: shuf: shuf -n1 -o FILE new
awk: awk: awk -v f=FILE 'BEGIN { print "{}" > f }'
cp: cp: cp new FILE
cp-stdin: cp: cat new | cp /dev/stdin FILE
mv: mv: mv new FILE
mv-away: mv: mv FILE gone
rename: rename: rename s/json/gone/ FILE
ln: ln: ln -sf /dev/null FILE
install: install: install -m 600 new FILE
rm: rm: rm -f FILE
unlink: unlink: unlink FILE
truncate: truncate: truncate -s 0 FILE
fallocate: fallocate: fallocate -l 4096 FILE
shred: shred: shred -u FILE
dd: dd: dd if=new of=FILE
dd-here: dd: dd of=FILE <<< x
sed: sed: sed -i 1d FILE
perl: perl: perl -i -pe 's/o/0/' FILE
ed: ed: printf '1d\\nw\\nq\\n' | ed -s FILE
ex: ex: ex -s -c 1d -c wq FILE
vim: vim: vim -es -c 1d -c wq! FILE
chmod: chmod: chmod 000 FILE
setfacl: setfacl: setfacl -m u::--- FILE
chattr: chattr: chattr +i FILE
touch: touch: touch -d 2001-01-01 FILE
patch: patch: printf '1d\\n' | patch -e FILE
python-argument: python3: python3 -c 'import sys; open(sys.argv[1], "w")' FILE
node-argument: node: node -e 'fs.writeFileSync(process.argv[1], "{}")' FILE
perl-argument: perl: perl -e 'open F, ">", shift' FILE
git-output: git: git diff --no-index --output=FILE /dev/null new
git-config: git: rm -f FILE; git config -f FILE a.b c
gcc: gcc: gcc -E -x c new -o FILE
openssl: openssl: openssl enc -base64 -in new -out FILE
curl: curl: curl -s file://$PWD/new -o FILE
wget-log: wget: wget -q -o FILE http://127.0.0.1:9/
xxd: xxd: xxd new FILE
uniq: uniq: uniq new FILE
iconv: iconv: iconv -f utf8 -t utf8 -o FILE new
tar: tar: tar cf FILE new
zip: zip: rm -f FILE; zip -q FILE new
gzip: gzip: gzip FILE
bzip2: bzip2: bzip2 FILE
xz: xz: xz FILE
strace: strace: strace -o FILE true
script: script: script -q -c true FILE
find: find: find new -fprintf FILE x
find-exec: find: find FILE -exec cp new {} ';'
find-delete: find: find FILE -delete
xargs: xargs: echo FILE | xargs -I{} cp new {}
sponge: sponge: cat new | sponge FILE
yq: yq: yq -i '.a = 1' FILE || yq -yi '.a = 1' FILE
jq: jq: jq . new > FILE
ld: ld: ld -r -b binary new -o FILE
ar: ar: rm -f FILE; ar rc FILE new
magick: magick: magick xc:red png:FILE
mkfifo: mkfifo: rm -f FILE; mkfifo FILE
scp: scp: scp -q new FILE
rsync: rsync: rsync new FILE
busybox: busybox: busybox cp new FILE
bash: bash: bash -c 'cat new > "$1"' _ FILE
env: env: env X=1 cp new FILE
loop:: for f in FILE; do cat new > "$f"; done
function:: w() { cat new > "$1"; }; w FILE
mapfile:: read -r f <<< FILE; cat new > "$f"
flock: flock: flock -n new cp new FILE
time-output: gtime: gtime -o FILE true
unknown: some-tool-nobody-knows: some-tool-nobody-knows --into FILE
`

const CODE = `
awk-text: awk: awk 'BEGIN { print "{}" > "FILE" }'
sed-w: sed: sed -n 'w FILE' new
python: python3: python3 -c 'open("FILE", "w").write("{}")'
python-path: python3: python3 -c 'import pathlib; pathlib.Path("FILE").write_text("{}")'
python-input: python3: python3 <<< 'open("FILE", "w")'

perl: perl: perl -e 'open F, ">FILE"'
perl-unlink: perl: perl -e 'unlink "FILE"'
ruby: ruby: ruby -e 'File.write "FILE", "{}"'
node: node: node -e 'require("fs").writeFileSync("FILE", "{}")'
node-input: node: echo 'require("fs").rmSync("FILE")' | node
php: php: php -r 'file_put_contents("FILE", "{}");'
lua: lua: lua -e 'io.open("FILE", "w"):close()'
tclsh: tclsh: tclsh <<< 'file delete FILE'
sqlite-writefile: sqlite3: sqlite3 :memory: "select writefile('FILE', 'x')"
sqlite-output: sqlite3: sqlite3 :memory: '.output FILE' 'select 1'
sqlite-input: sqlite3: sqlite3 :memory: <<< ".once FILE
select 1;"
vim-w: vim: vim -es -c 'w! FILE' -c q! new
ex-w: ex: ex -s -c 'w! FILE' -c q! new
make-recipe: make: make -s -f /dev/null --eval='all:;cp new FILE' all
make-file: make: make -s -f /dev/null --eval='$(file >FILE,x)' --eval='all:;@:' all
eval:: eval 'cat new > FILE'
trap:: trap 'cat new > FILE' EXIT
dash: dash: dash -c 'cat new > FILE'
base64:: eval "$(echo BASE64 | base64 -d)"
`

function ways(text: string, literal: boolean): readonly Way[] {
  return text
    .trim()
    .split(/\n(?=[\w-]+:)/)
    .map((entry) => {
      const [, name = '', needs = '', line = ''] = /^([\w-]+):\s*([^:]*):\s+([\s\S]+)$/.exec(entry) ?? []
      return {
        name: literal ? `${name} (text)` : name,
        needs: needs === '' ? [] : needs.split(' '),
        line: (file) =>
          line
            .replaceAll('FILE', () => file)
            .replace('BASE64', () => Buffer.from(`cat new > ${file}`).toString('base64')),
        ...(literal && { literal }),
      }
    })
}

export const WAYS: readonly Way[] = [...ways(WORDS, false), ...ways(CODE, true)]

/** Whether the programs that the way needs are on this machine. */
export function canBeTried({ needs }: Way): boolean {
  return needs.every((name) => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name]).status === 0)
}

/** How the path of a file in a home is written: what stands in front of the command, and the path. */
export const SPELLINGS: Readonly<
  Record<string, (rest: string) => { readonly before?: string; readonly file: string }>
> = {
  tilde: (rest) => ({ file: `~/${rest}` }),
  variable: (rest) => ({ file: `$HOME/${rest}` }),
  braces: (rest) => ({ file: `"\${HOME}/${rest}"` }),
  quotes: (rest) => ({ file: `~/'${rest.slice(0, 3)}'"${rest.slice(3)}"` }),
  backslash: (rest) => ({ file: `~/${rest.slice(0, 2)}\\${rest.slice(2)}` }),
  dots: (rest) => ({ file: `~/project/.././${rest}` }),
  relative: (rest) => ({ file: `../${rest}` }),
  wildcard: (rest) => ({ file: `~/${rest.replace(/\w(?=\w*\.?\w*$)/, '?')}` }),
  brackets: (rest) => ({ file: `~/${rest.replace(/(\w)(\.?\w*)$/, '[$1]$2')}` }),
  held: (rest) => ({ before: `held=~/${rest}; `, file: '$held' }),
  directory: (rest) => ({
    before: `cp new ~/${rest.slice(0, rest.lastIndexOf('/') + 1)}; cd ~/${rest.slice(0, rest.lastIndexOf('/') + 1)}; `,
    file: `./${rest.slice(rest.lastIndexOf('/') + 1)}`,
  }),
  'of a user': (rest) => ({ file: `~me/${rest}` }),
}
