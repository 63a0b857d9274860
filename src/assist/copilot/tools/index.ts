// Karo's own descriptions of common commands: their purpose, and options that other sources lack or describe wrongly.
import { ACCOUNTS } from './accounts.ts'
import { BUILTINS } from './builtins.ts'
import { MEDIA } from './media.ts'
import type { OwnTool } from './own-tool.ts'

/** Names under which Fig describes BSD's programs; here the manual page is better. */
export const BSD: ReadonlySet<string> = new Set(
  `ls cp mv rm ln mkdir rmdir cat sed grep find xargs sort uniq date du df ps stat touch head tail wc cut tr kill od chmod
  chown uname who w top mount sysctl basename dirname fold nl paste split tee truncate id hostname cal killall pkill nc
  file less more diff lsof traceroute ping whereis which env seq shred time fdisk`.split(/\s+/),
)

export const TOOLS: Readonly<Record<string, OwnTool>> = {
  ...BUILTINS,
  ...MEDIA,
  ...ACCOUNTS,
  sudo: {
    does: 'Runs a command as another user, root by default',
    options: {
      '-u --user =user': 'as this user', '-i --login': 'in a login shell', '-s --shell': 'in a shell', '-E --preserve-env': 'keeps your environment', '-n --non-interactive': 'never asks for the password',
      '-k --reset-timestamp': 'forgets that you gave the password', '-l --list': 'lists what you may run', '-v --validate': 'only renews the permission', '-S --stdin': 'reads the password from standard input',
      '-H --set-home': "with that user's home directory", '-b --background': 'in the background', '-g --group =group': 'with this group', '-A --askpass': 'asks with a helper program',
    },
  },
  doas: { does: 'Runs a command as another user, root by default', options: { '-u =user': 'as this user', '-n': 'never asks', '-s': 'a shell' } },
  su: { does: 'Becomes another user', options: { '- -l --login': 'with a fresh login environment', '-c --command =command': 'runs one command', '-s --shell =shell': 'with this shell' }, operands: ['the user; default root'] },
  env: { does: 'Runs a command with a changed environment, or prints it', options: { '-i --ignore-environment': 'starts from nothing', '-u --unset =variable': 'without that variable', '-0 --null': 'ends entries with NUL', '-C --chdir =directory': 'in this directory', '-S --split-string =text': 'splits the text into words' } },
  nohup: { does: 'Runs a command that survives the closing of the terminal' },
  nice: { does: 'Runs a command with lower priority', options: { '-n --adjustment =number': 'by so much, -20 (most urgent) to 19' } },
  timeout: { does: 'Runs a command and ends it after a time', options: { '-k --kill-after =duration': 'kills it that much later if it goes on', '-s --signal =signal': 'with this signal', '--preserve-status': "with the command's own exit code" }, operands: ['the time: seconds, or 5m, 2h'] },
  watch: { does: 'Runs a command again and again and shows its output', options: { '-n --interval =seconds': 'so often', '-d --differences': 'marks what changed', '-t --no-title': 'without a heading', '-g --chgexit': 'until the output changes' } },
  xargs: {
    does: 'Runs a command with the words of its input as arguments',
    options: {
      '-0 --null': 'words end with NUL, so any file name works', '-n --max-args =number': 'at most so many words each time', '-I =text': 'puts each line where this text stands', '-P --max-procs =number': 'so many at once',
      '-r --no-run-if-empty': 'not at all when there is no input', '-p --interactive': 'asks before each', '-t --verbose': 'prints each command first', '-d --delimiter =character': 'words end with this character', '-L --max-lines =lines': 'so many lines each time', '-a --arg-file =file': 'reads the words from a file',
    },
  },

  ls: {
    does: 'Lists files',
    options: {
      '-l': 'one per line with permissions, owner, size and time', '-a --all': 'also hidden ones', '-A --almost-all': 'also hidden ones, but not . and ..', '-h --human-readable': 'sizes as 1K, 23M', '-t': 'newest first', '-r --reverse': 'in reverse order', '-S': 'largest first',
      '-R --recursive': 'also everything in subdirectories', '-d --directory': 'directories themselves, not their content', '-1': 'one per line', '-i --inode': 'with inode numbers', '-s --size': 'with allocated size', '-F --classify': 'with a sign for the kind of file', '-G --no-group': 'without the group', '-n --numeric-uid-gid': 'owners as numbers', '-u': 'with the time of last access', '-c': 'with the time of last change of its properties', '--color =?when': 'in colour', '-X': 'sorted by extension', '-v': 'numbers in names in natural order',
    },
    operands: ['the file or directory'],
  },
  cp: {
    does: 'Copies files',
    options: {
      '-r -R --recursive': 'directories with everything in them', '-a --archive': 'directories too, keeping times, owners, permissions and links', '-i --interactive': 'asks before replacing a file', '-f --force': 'replaces files that cannot be written', '-n --no-clobber': 'never replaces a file', '-u --update': 'only if newer', '-v --verbose': 'says what it does', '-p': 'keeps times, owner and permissions', '-l --link': 'makes hard links instead', '-s --symbolic-link': 'makes symbolic links instead', '-t --target-directory =directory': 'into this directory', '-L --dereference': 'copies what links point to', '-T --no-target-directory': 'the target is the copy itself', '-P --no-dereference': 'copies links as links', '-x --one-file-system': 'stays on this file system', '--parents': 'with the directories in its path', '--reflink =?when': 'shares the data where the file system can', '--preserve =?what': 'keeps these properties',
    },
    operands: ['what to copy; the last one is where to'],
  },
  mv: {
    does: 'Moves or renames files',
    options: { '-i --interactive': 'asks before replacing a file', '-f --force': 'replaces without asking', '-n --no-clobber': 'never replaces a file', '-u --update': 'only if newer', '-v --verbose': 'says what it does', '-b': 'keeps a backup of what is replaced', '-t --target-directory =directory': 'into this directory', '-T --no-target-directory': 'the target is the new name itself' },
    operands: ['what to move; the last one is where to'],
  },
  rm: {
    does: 'Deletes files for good; there is no bin',
    options: {
      '-r -R --recursive': 'directories with everything in them', '-f --force': 'asks nothing and ignores what does not exist', '-i': 'asks before each', '-I': 'asks once', '-d --dir': 'empty directories too', '-v --verbose': 'says what it deletes', '--no-preserve-root': 'would even delete /', '--preserve-root': 'refuses to delete /', '--one-file-system': 'stays on one file system', '--interactive =?when': 'asks before deleting',
    },
    operands: ['what to delete'],
  },
  mkdir: { does: 'Makes directories', options: { '-p --parents': 'with the directories above it; no error if it is there', '-m --mode =mode': 'with these permissions', '-v --verbose': 'says what it does' }, operands: ['the new directory'] },
  rmdir: { does: 'Removes empty directories', options: { '-p --parents': 'and the ones above it' }, operands: ['the directory'] },
  ln: { does: 'Makes links', options: { '-s --symbolic': 'a symbolic link: a name that points to a path', '-f --force': 'replaces what is there', '-n --no-dereference': 'a link to a directory is replaced, not entered', '-r --relative': 'relative to where the link is', '-v --verbose': 'says what it does', '-T --no-target-directory': 'the target is the link itself', '-b': 'keeps a backup of what is replaced' }, operands: ['what the link points to', "the link's name"] },
  touch: { does: 'Makes empty files, or sets their time to now', options: { '-a': 'only the time of access', '-m': 'only the time of change', '-c --no-create': 'makes no new file', '-d --date =time': 'to this time', '-t =stamp': 'to this time, [[CC]YY]MMDDhhmm', '-r --reference =file': 'to the time of that file' }, operands: ['the file'] },
  chmod: { does: 'Changes permissions', options: { '-R --recursive': 'of everything below it', '-v --verbose': 'says what it does', '-c --changes': 'says what it changed', '-f --silent': 'without complaints', '--reference =file': 'as that file has them' }, operands: ['the permissions', 'the file'] },
  chown: { does: 'Changes the owner', options: { '-R --recursive': 'of everything below it', '-v --verbose': 'says what it does', '-h --no-dereference': 'of links themselves', '--reference =file': 'as that file has it', '-L': 'follows every link', '-P': 'follows no link' }, operands: ['the new owner, and :group', 'the file'] },
  chgrp: { does: 'Changes the group', options: { '-R --recursive': 'of everything below it' }, operands: ['the new group', 'the file'] },
  cat: { does: 'Prints files, one after the other', options: { '-n --number': 'with line numbers', '-A --show-all': 'shows what cannot be seen', '-b --number-nonblank': 'numbers of lines that are not empty', '-s --squeeze-blank': 'at most one empty line in a row', '-v --show-nonprinting': 'shows control characters', '-E --show-ends': 'marks line ends', '-T --show-tabs': 'shows tabs as ^I' }, operands: ['the file; - is standard input'] },
  head: { does: 'Prints the beginning', options: { '-n --lines =lines': 'so many lines; with a minus all but the last ones', '-c --bytes =bytes': 'so many bytes', '-q --quiet': 'without file names' }, operands: ['the file'] },
  tail: { does: 'Prints the end', options: { '-n --lines =lines': 'so many lines; with + from that line on', '-c --bytes =bytes': 'so many bytes', '-f --follow =?how': 'goes on printing what is added', '-F': 'goes on, also when the file is replaced', '-q --quiet': 'without file names', '-s --sleep-interval =seconds': 'looks so often', '--pid =pid': 'until that process ends', '--retry': 'waits for the file to appear' }, operands: ['the file'] },
  grep: {
    does: 'Prints the lines that fit a pattern',
    options: {
      '-i --ignore-case': 'capitals do not matter', '-r --recursive': 'in all files below the directory', '-R --dereference-recursive': 'the same, following links', '-n --line-number': 'with line numbers', '-v --invert-match': 'the lines that do not fit', '-c --count': 'only how many', '-l --files-with-matches': 'only names of files that have some', '-L --files-without-match': 'only names of files that have none', '-o --only-matching': 'only the part that fits',
      '-E --extended-regexp': 'extended regular expressions', '-F --fixed-strings': 'plain text, no pattern', '-P --perl-regexp': 'Perl regular expressions', '-G --basic-regexp': 'basic regular expressions', '-w --word-regexp': 'whole words', '-x --line-regexp': 'whole lines', '-q --quiet': 'prints nothing; the exit code says it', '-A --after-context =lines': 'and so many lines after', '-B --before-context =lines': 'and so many lines before', '-C --context =lines': 'and so many lines around', '-h --no-filename': 'without file names', '-H --with-filename': 'with file names', '-s --no-messages': 'without complaints about files',
      '-e --regexp =pattern': 'this pattern', '-f --file =file': 'patterns from a file', '-m --max-count =number': 'stops after so many', '-a --text': 'treats binary files as text', '-I': 'skips binary files', '-z --null-data': 'lines end with NUL', '-Z --null': 'NUL after file names', '--include =glob': 'only files with such names', '--exclude =glob': 'without files with such names', '--exclude-dir =glob': 'without such directories', '--color =?when': 'marks what fits',
    },
    operands: ['the pattern', 'the file'],
  },
  sed: {
    does: 'Edits text line by line after a script',
    options: { '-i --in-place =?suffix': 'changes the files themselves (with a suffix: keeps a backup)', '-n --quiet --silent': 'prints only what the script says', '-e --expression =script': 'this script', '-f --file =file': 'the script in a file', '-E -r --regexp-extended': 'extended regular expressions', '-s --separate': 'each file on its own', '-z --null-data': 'lines end with NUL', '-u --unbuffered': 'line by line' },
    operands: ['the script', 'the file'],
  },
  awk: { does: 'Runs a small program on every line, split into fields', options: { '-F --field-separator =separator': 'what separates the fields', '-v --assign =name=value': 'sets a variable first', '-f --file =file': 'the program in a file' }, operands: ['the program: pattern { action }', 'the file'] },
  sort: {
    does: 'Sorts lines',
    options: { '-n --numeric-sort': 'as numbers', '-r --reverse': 'largest or last first', '-u --unique': 'each only once', '-k --key =field': 'by this field', '-t --field-separator =character': 'fields end with this character', '-h --human-numeric-sort': 'numbers as 2K, 1G', '-f --ignore-case': 'capitals do not matter', '-o --output =file': 'into a file', '-V --version-sort': 'version numbers', '-R --random-sort': 'in random order', '-c --check': 'only checks the order', '-s --stable': 'keeps the order of equal lines', '-b --ignore-leading-blanks': 'ignores blanks in front', '-g --general-numeric-sort': 'as numbers with exponents', '-M --month-sort': 'as months', '-m --merge': 'merges sorted files', '-z --zero-terminated': 'lines end with NUL', '-S --buffer-size =size': 'with so much memory', '-T --temporary-directory =directory': 'temporary files there' },
    operands: ['the file'],
  },
  uniq: { does: 'Drops lines equal to the one before', options: { '-c --count': 'with how often each came', '-d --repeated': 'only those that came more than once', '-u --unique': 'only those that came once', '-i --ignore-case': 'capitals do not matter', '-f --skip-fields =number': 'ignores the first fields', '-s --skip-chars =number': 'ignores the first characters', '-w --check-chars =number': 'compares only so many characters' }, operands: ['the file', 'where to write'] },
  cut: { does: 'Prints parts of each line', options: { '-d --delimiter =character': 'fields end with this character', '-f --fields =list': 'these fields', '-c --characters =list': 'these characters', '-b --bytes =list': 'these bytes', '-s --only-delimited': 'only lines with the character', '--complement': 'all but those', '--output-delimiter =text': 'puts this between fields' }, operands: ['the file'] },
  tr: { does: 'Replaces or deletes characters', options: { '-d --delete': 'deletes them', '-s --squeeze-repeats': 'repeats become one', '-c -C --complement': 'all other characters', '-t --truncate-set1': 'cuts the first set to the length of the second' }, operands: ['these characters', 'by these'] },
  wc: { does: 'Counts lines, words and bytes', options: { '-l --lines': 'lines', '-w --words': 'words', '-c --bytes': 'bytes', '-m --chars': 'characters', '-L --max-line-length': 'the longest line' }, operands: ['the file'] },
  tee: { does: 'Passes its input on and writes it into files as well', options: { '-a --append': 'adds to the files', '-i --ignore-interrupts': 'goes on after Ctrl-C' }, operands: ['the file'] },
  find: findTool(),
  tar: {
    does: 'Packs files into an archive, or unpacks one',
    options: {
      '-c --create': 'makes a new archive', '-x --extract --get': 'unpacks', '-t --list': 'lists what is in it', '-r --append': 'adds files at its end', '-u --update': 'adds newer files', '-f --file =archive': 'the archive file', '-z --gzip': 'compressed with gzip', '-j --bzip2': 'compressed with bzip2', '-J --xz': 'compressed with xz', '--zstd': 'compressed with zstd', '-a --auto-compress': "compressed as the archive's name says", '-v --verbose': 'lists files as they go', '-C --directory =directory': 'changes to this directory first',
      '-p --preserve-permissions': 'keeps permissions', '-k --keep-old-files': 'replaces no existing file', '--exclude =pattern': 'leaves out such files', '-X --exclude-from =file': 'leaves out patterns in a file', '--strip-components =number': 'drops so many leading directories from names', '-T --files-from =file': 'names of files from a file', '-h --dereference': 'packs what links point to', '-P --absolute-names': 'keeps leading slashes', '-O --to-stdout': 'unpacks to standard output', '-d --diff': 'compares with the files', '-W --verify': 'checks after writing', '-m --touch': 'with the time of now', '-S --sparse': 'keeps holes in files', '--delete': 'removes files from the archive', '-I --use-compress-program =program': 'through this program', '-g --listed-incremental =file': 'incremental, with its state in a file', '--overwrite': 'replaces existing files', '--remove-files': 'deletes the files after packing them',
    },
    operands: ['a file in the archive'],
  },
  'git log': {
    does: 'Shows commits, the newest first',
    options: { '--graph': 'draws how branches part and join', '--all': 'of all branches and tags', '--decorate': 'with the names of branches and tags', '--stat': 'with how much changed in which file', '--reverse': 'the oldest first', '--since --after =time': 'only newer than this', '--until --before =time': 'only older than this', '--author =pattern': 'only by this author', '--grep =pattern': 'only whose message fits', '--no-merges': 'without merges', '--merges': 'merges only', '--name-only': 'with the names of changed files', '--follow': 'also from before the file was renamed', '-S =text': 'only where this text came or went' },
    operands: ['a branch, a range such as a..b, or a file'],
  },
  'docker compose': {
    does: 'Runs several containers together, as a file describes them',
    options: { '-f --file =file': 'described in this file', '-p --project-name =name': 'under this name', '-d --detach': 'in the background', '--build': 'builds images first', '-v --volumes': 'of `down`: removes their volumes as well', '--remove-orphans': 'also containers that the file no longer names', '--profile =profile': 'with this profile' },
    operands: ['what to do: up starts them, down stops and removes them, logs, ps, exec …', 'the service'],
  },
  ar: {
    does: 'Packs object files into a library, or takes them out',
    options: { '-r': 'puts files in, replacing those of the same name', '-q': 'adds files at its end', '-d': 'removes files from it', '-t': 'lists what is in it', '-x': 'unpacks', '-p': 'prints files of it', '-m': 'moves files within it', '-c': 'makes the library without a word', '-s': 'writes an index of its symbols', '-u': 'only newer files', '-v': 'says what it does', '-D': 'without times and owners' },
    operands: ['the library', 'a file in the library'],
  },
  gzip: { does: 'Compresses files to .gz, replacing them', options: { '-d --decompress': 'decompresses', '-k --keep': 'keeps the original', '-c --stdout': 'to standard output', '-9 --best': 'smallest', '-1 --fast': 'fastest', '-r --recursive': 'everything below', '-l --list': 'shows sizes', '-t --test': 'only checks', '-v --verbose': 'says what it does', '-f --force': 'replaces files' }, operands: ['the file'] },
  gunzip: { does: 'Decompresses .gz files, replacing them', options: { '-k --keep': 'keeps the original', '-c --stdout': 'to standard output', '-f --force': 'replaces files' }, operands: ['the file'] },
  unzip: { does: 'Unpacks zip archives', options: { '-d =directory': 'into this directory', '-l': 'only lists', '-o': 'replaces files without asking', '-n': 'never replaces files', '-q': 'quietly', '-t': 'only checks', '-j': 'without directories', '-p': 'to standard output', '-x =files': 'without these files' }, operands: ['the archive', 'a file in it'] },
  zip: { does: 'Packs files into a zip archive', options: { '-r --recurse-paths': 'directories with everything in them', '-e --encrypt': 'with a password', '-9': 'smallest', '-q --quiet': 'quietly', '-x --exclude =pattern': 'without such files', '-u --update': 'only newer files', '-d --delete': 'removes files from the archive', '-j --junk-paths': 'without directories', '-m --move': 'deletes the files afterwards' }, operands: ['the archive', 'the file'] },
  dd: { does: 'Copies data block by block', operands: ['an operand: if= reads from, of= writes to, bs= block size, count= how many blocks, status= what it says'] },
  du: { does: 'Shows how much space files take', options: { '-h --human-readable': 'as 1K, 23M', '-s --summarize': 'only the sum of each', '-d --max-depth =levels': 'so many levels deep', '-a --all': 'files as well', '-c --total': 'with a grand total', '-x --one-file-system': 'stays on this file system', '-k': 'in KiB', '-m': 'in MiB', '-b --bytes': 'in bytes', '--apparent-size': 'lengths instead of space taken', '--exclude =pattern': 'without such files', '-L --dereference': 'follows links', '-t --threshold =size': 'only what is larger' }, operands: ['the file or directory'] },
  df: { does: 'Shows how full the file systems are', options: { '-h --human-readable': 'as 1K, 23M', '-T --print-type': 'with their type', '-i --inodes': 'inodes instead of space', '-a --all': 'all of them', '-x --exclude-type =type': 'without this type', '-t --type =type': 'only this type', '-k': 'in KiB', '-l --local': 'only local ones', '--total': 'with a total', '--output =?fields': 'these columns' }, operands: ['a file on it'] },
  ps: {
    does: 'Lists processes',
    options: { '-e -A': 'all of them', '-f': 'in full: user, parent, start, command', '-l': 'long', '-o =columns': 'these columns', '-u =user': 'of this user', '-p =pid': 'this process', '-C =name': 'with this command name', '-L': 'with threads', '--sort =column': 'sorted by it; - in front: largest first', '--forest': 'as a tree', '-H': 'as a tree', '-T': 'with threads', '--no-headers': 'without a heading', 'aux': 'all processes of all users, with processor and memory', 'ax': 'all processes', 'auxf': 'all processes as a tree', 'auxww': 'all processes, with their whole command lines' },
  },
  kill: { does: 'Sends a signal to processes; without one, asks them to end', options: { '-s --signal =signal': 'this signal', '-l --list': 'lists signals', '-L --table': 'lists signals as a table' }, operands: ['the process id, or %job'] },
  killall: { does: 'Sends a signal to all processes of that name', options: { '-i --interactive': 'asks for each', '-u --user =user': 'only of this user', '-w --wait': 'waits until they are gone', '-s --signal =signal': 'this signal', '-e --exact': 'the exact name', '-q --quiet': 'without complaints', '-r --regexp': 'the name is a pattern', '-v --verbose': 'says what it did', '-I --ignore-case': 'capitals do not matter' }, operands: ['the name'] },
  pkill: { does: 'Sends a signal to processes whose name fits a pattern', options: { '-f --full': 'looks at the whole command line', '-u --euid =user': 'only of this user', '-x --exact': 'the whole name', '-n --newest': 'only the newest', '-o --oldest': 'only the oldest', '-t --terminal =terminal': 'only on this terminal', '-P --parent =pid': 'only its children', '-e --echo': 'says whom', '-i --ignore-case': 'capitals do not matter', '--signal =signal': 'this signal' }, operands: ['the pattern'] },
  pgrep: { does: 'Prints the ids of processes whose name fits a pattern', options: { '-f --full': 'looks at the whole command line', '-l --list-name': 'with names', '-a --list-full': 'with command lines', '-u --euid =user': 'only of this user', '-x --exact': 'the whole name', '-c --count': 'only how many', '-n --newest': 'only the newest', '-o --oldest': 'only the oldest', '-P --parent =pid': 'only its children', '-i --ignore-case': 'capitals do not matter' }, operands: ['the pattern'] },
  date: { does: 'Prints or sets date and time', options: { '-u --utc': 'in universal time', '-d --date =time': 'this time instead of now', '-s --set =time': "sets the machine's clock", '-I --iso-8601 =?precision': 'as 2026-11-20', '-r --reference =file': 'when that file was changed', '-R --rfc-email': 'as in e-mail', '--rfc-3339 =precision': 'as 2026-11-20 08:15:02' }, operands: ['the format: %Y year, %m month, %d day, %H:%M:%S time, %s seconds since 1970'] },
  stat: { does: "Shows a file's size, times, owner and permissions", options: { '-c --format =format': 'only this: %s size, %y time, %U owner, %a permissions', '-f --file-system': 'of its file system', '-L --dereference': 'of what the link points to', '-t --terse': 'tersely' }, operands: ['the file'] },
  uname: { does: 'Prints the name of the system', options: { '-a --all': 'everything', '-r --kernel-release': 'the version of the kernel', '-m --machine': 'the kind of machine', '-s --kernel-name': 'the name of the kernel', '-n --nodename': "the machine's name", '-o --operating-system': 'the operating system' } },
  mount: { does: 'Attaches a file system to the directory tree', options: { '-t --types =type': 'of this type', '-o --options =options': 'with these options', '-a --all': 'all of /etc/fstab', '--bind': 'shows a directory at a second place', '-r --read-only': 'read-only', '-l': 'lists with labels' }, operands: ['the device', 'where to'] },
  umount: { does: 'Detaches a file system', options: { '-l --lazy': 'now, cleaned up when nobody uses it', '-f --force': 'also when it does not answer', '-a --all': 'all of them', '-R --recursive': 'with those below' }, operands: ['the device or directory'] },
  ss: { does: 'Shows network connections', options: { '-t --tcp': 'TCP', '-u --udp': 'UDP', '-l --listening': 'only waiting for connections', '-n --numeric': 'numbers instead of names', '-p --processes': 'with processes', '-a --all': 'waiting and connected', '-s --summary': 'only numbers', '-x --unix': 'local sockets', '-4 --ipv4': 'IPv4', '-6 --ipv6': 'IPv6', '-e --extended': 'in detail', '-o --options': 'with timers', '-i --info': 'with TCP details', '-H --no-header': 'without a heading', '-r --resolve': 'names instead of numbers', '-K --kill': 'closes them' }, operands: ['a filter'] },
  lsof: { does: 'Lists open files and who has them open', options: { '-i =?address': 'network connections', '-p =pid': 'of this process', '-u =user': 'of this user', '-t': 'only process ids', '-n': 'without looking up host names', '-P': 'ports as numbers', '+D =directory': 'below this directory', '-c =name': 'of commands with this name', '-a': 'all conditions together', '-s =?protocol:state': 'sizes, or connections in this state' }, operands: ['the file'] },
  free: { does: 'Shows how much memory is used', options: { '-h --human': 'as 1K, 23M', '-m --mebi': 'in MiB', '-g --gibi': 'in GiB', '-s --seconds =seconds': 'again and again', '-t --total': 'with a total', '-w --wide': 'caches apart' } },
  less: { does: 'Shows text page by page', options: { '-S --chop-long-lines': 'cuts long lines', '-N --LINE-NUMBERS': 'with line numbers', '-R --RAW-CONTROL-CHARS': 'with colours', '-F --quit-if-one-screen': 'ends at once when it fits', '-i --ignore-case': 'searches ignore capitals', '-X --no-init': 'leaves the text on the screen', '+F': 'goes on with what is added' }, operands: ['the file'] },
  id: { does: 'Shows user and group numbers', options: { '-u --user': 'only the user', '-g --group': 'only the group', '-G --groups': 'all groups', '-n --name': 'names instead of numbers' }, operands: ['the user'] },
  who: { does: 'Shows who is logged in' },
  ping: { does: 'Asks a host whether it answers', options: { '-c =count': 'so often', '-i =seconds': 'every so many seconds', '-W =seconds': 'waits so long for an answer', '-w =seconds': 'ends after so long', '-4': 'IPv4', '-6': 'IPv6', '-q': 'only the summary', '-n': 'without names', '-s =bytes': 'with so many bytes', '-I =interface': 'from this interface', '-f': 'as fast as it can' }, operands: ['the host'] },
  nc: { does: 'Reads and writes network connections', options: { '-l': 'waits for a connection', '-p =port': 'local port', '-v': 'says what it does', '-z': 'only tries whether somebody listens', '-u': 'UDP', '-w =seconds': 'gives up after so long', '-n': 'without looking up names', '-k': 'goes on waiting', '-e =program': 'hands the connection to a program', '-U': 'local sockets' }, operands: ['the host', 'the port'] },
  which: { does: 'Shows which file a command name runs', options: { '-a': 'all of them' }, operands: ['the command'] },
  seq: { does: 'Prints numbers in order', options: { '-s --separator =text': 'with this between them', '-w --equal-width': 'all equally wide', '-f --format =format': 'in this format' }, operands: ['from, step, to; or only to'] },
  diff: { does: 'Shows how two files differ', options: { '-u --unified': 'with lines around, as patches have it', '-r --recursive': 'all files of two directories', '-q --brief': 'only whether', '-y --side-by-side': 'beside each other', '-i --ignore-case': 'capitals do not matter', '-w --ignore-all-space': 'blanks do not matter', '-b --ignore-space-change': 'the number of blanks does not matter', '-B --ignore-blank-lines': 'empty lines do not matter', '-N --new-file': 'missing files count as empty', '--color =?when': 'in colour', '-a --text': 'as text', '-x --exclude =pattern': 'without such files', '-s --report-identical-files': 'says when they are equal' }, operands: ['the one file', 'the other'] },
  base64: { does: 'Encodes as base64, or decodes', options: { '-d --decode': 'decodes', '-w --wrap =columns': 'breaks lines there; 0 never', '-i --ignore-garbage': 'skips other characters' }, operands: ['the file'] },
  mkfs: { does: 'Makes a new, empty file system; everything on the disk is lost', options: { '-t --type =type': 'of this type' }, operands: ['the disk or partition'] },
  shred: { does: 'Overwrites files so that they cannot be recovered', options: { '-u': 'deletes them afterwards', '-n --iterations =number': 'so many times', '-z --zero': 'with zeros at the end', '-v --verbose': 'says what it does', '-f --force': 'also where it may not write', '-s --size =bytes': 'only so many bytes' }, operands: ['the file or disk'] },
  bash: shellTool('bash'),
  sh: shellTool('the system shell'),
  zsh: shellTool('zsh'),
  fish: shellTool('fish'),
  dash: shellTool('dash'),
  python3: { does: 'Runs Python programs', options: { '-c =code': 'this code', '-m =module': 'a module as a program', '-i': 'stays interactive', '-u': 'without buffering', '-V --version': 'prints the version', '-B': 'writes no cache files', '-O': 'optimised', '-W =filter': 'how to warn', '-E': 'ignores PYTHON variables', '-I': 'isolated from your environment', '-s': "without the user's packages", '-v': 'shows imports' }, operands: ['the program', 'an argument of it'] },
  shutdown: { does: 'Switches the machine off or restarts it', options: { '-h -P --poweroff': 'off', '-r --reboot': 'restarts', '-c': 'takes it back', '-H --halt': 'halts' }, operands: ['when: now, +5, 20:00', 'a message'] },
  reboot: { does: 'Restarts the machine' },
  ip: { does: 'Shows and changes network addresses, links and routes' },
  man: { does: 'Shows the manual page', options: { '-k --apropos': 'searches the descriptions', '-f --whatis': 'only the one-line description' }, operands: ['the page'] },
  jq: { does: 'Takes parts out of JSON and changes it', operands: ['the filter', 'the file'] },
  'git push': {
    does: 'Sends commits to another repository',
    options: { '-f --force': 'replaces the history there, also what others added', '--force-with-lease =?ref': 'replaces the history there, unless others added to it', '-u --set-upstream': 'remembers the branch there as the one to follow', '--all': 'all branches', '--tags': 'all tags', '-d --delete': 'deletes the branch there', '-n --dry-run': 'only says what it would do', '--mirror': 'makes the other side equal to this one', '--no-verify': 'without the hooks' },
    operands: ['the repository', 'the branch'],
  },
  'git reset': {
    does: 'Moves the branch to another commit',
    options: { '--hard': 'and throws changes in files away', '--soft': 'and keeps changes ready to commit', '--mixed': 'and keeps changes in files', '-p --patch': 'asks for each change', '-q --quiet': 'quietly' },
    operands: ['the commit'],
  },
  'git clean': {
    does: 'Deletes files that git does not know',
    options: { '-f --force': 'really', '-d': 'whole directories too', '-x': 'ignored files too', '-X': 'only ignored files', '-n --dry-run': 'only says what it would delete', '-i --interactive': 'asks', '-e --exclude =pattern': 'without such files', '-q --quiet': 'quietly' },
  },
  'git commit': {
    does: 'Records changes as a commit',
    options: { '-m --message =message': 'with this message', '-a --all': 'with all changes of known files', '--amend': 'replaces the last commit', '--no-edit': 'with the message it had', '-v --verbose': 'shows the changes in the editor', '--no-verify -n': 'without the hooks', '-s --signoff': 'signs off', '-S --gpg-sign =?key': 'with a signature', '--fixup =commit': 'to be merged into that commit', '--allow-empty': 'even without changes', '-p --patch': 'asks for each change' },
  },
  kubectl: { does: 'Controls a Kubernetes cluster' },
  systemctl: { does: 'Controls services and the machine through systemd' },
  make: { does: 'Builds what a Makefile describes', operands: ['the target'] },
  aws: { does: 'Controls Amazon Web Services' },
  mosh: { does: 'Logs in to another machine over unsteady networks' },
  pytest: { does: "Runs a Python project's tests" },
  webpack: { does: 'Bundles JavaScript for browsers' },
  tailscale: { does: 'Controls the Tailscale network of this machine' },
  karo: { does: "Karo: your terminal's history, risk and explanations" },
} // biome-ignore format: a table

function shellTool(name: string): OwnTool {
  return {
    does: `Runs commands: ${name}`,
    options: {
      '-c =commands': 'runs this text', '-l --login': 'as a login shell', '-i': 'interactively', '-x': 'prints each command before it runs', '-e': 'stops at the first failure', '-s': 'reads commands from standard input', '-n': 'only checks the syntax', '-u': 'treats unset variables as errors', '-o =option': 'with this option', '-v': 'prints lines as they are read', '--norc': 'without its start file', '--noprofile': 'without the login files', '-p': 'privileged: keeps effective rights',
    },
    operands: ['the script', 'an argument of it'],
  } // biome-ignore format: a table
}

function findTool(): OwnTool {
  return {
    does: 'Looks for files below directories and does something with each',
    words: true,
    options: {
      '-name =pattern': 'whose name fits', '-iname =pattern': 'whose name fits, capitals do not matter', '-path -wholename =pattern': 'whose whole path fits', '-ipath =pattern': 'whose whole path fits, capitals do not matter', '-regex =pattern': 'whose whole path fits a regular expression', '-iregex =pattern': 'whose path fits, capitals do not matter', '-type =kind': 'of this kind: f file, d directory, l link, s socket, p pipe, b and c devices',
      '-size =size': 'of this size: +100M larger, -1k smaller', '-mtime =days': 'changed so many days ago: -7 less, +30 more', '-mmin =minutes': 'changed so many minutes ago', '-atime =days': 'read so many days ago', '-amin =minutes': 'read so many minutes ago', '-ctime =days': 'properties changed so many days ago', '-cmin =minutes': 'properties changed so many minutes ago', '-newer =file': 'newer than that file', '-newermt =time': 'changed after that time', '-user =user': 'that belong to this user', '-group =group': 'of this group', '-uid =number': 'of this user number', '-gid =number': 'of this group number', '-nouser': 'whose owner does not exist', '-nogroup': 'whose group does not exist', '-perm =mode': 'with these permissions: - all of them, / any', '-empty': 'that are empty', '-readable': 'that you can read', '-writable': 'that you can write', '-executable': 'that you can execute', '-links =number': 'with so many names', '-inum =number': 'with this inode', '-samefile =file': 'that are the same file', '-xtype =kind': 'as -type, links followed', '-lname =pattern': 'links to such a path', '-fstype =type': 'on such a file system',
      '-maxdepth =levels': 'at most so many levels deep', '-mindepth =levels': 'at least so many levels deep', '-prune': 'does not go into it', '-depth': 'content before its directory', '-xdev -mount': 'stays on this file system', '-L': 'follows links', '-H': 'follows links given on the line', '-P': 'never follows links', '-daystart': 'counts days from midnight', '-regextype =type': 'kind of regular expressions',
      '-print': 'prints the path', '-print0': 'prints the path, ended by NUL, so any name works', '-printf =format': 'prints in this format', '-fprint =file': 'prints into a file', '-ls': 'prints it like ls -l', '-delete': 'deletes what was found', '-exec': 'runs a command for each, {} being the file', '-execdir': 'runs a command in its directory', '-ok': 'asks, then runs a command', '-okdir': 'asks, then runs a command in its directory', '-quit': 'stops at the first', '-not !': 'not', '-a -and': 'and', '-o -or': 'or', '(': 'begins a group', ')': 'ends it', ';': 'ends the command of -exec', '+': 'ends the command of -exec, many files at once', '-true': 'always holds', '-false': 'never holds',
    },
    operands: ['where to look'],
  } // biome-ignore format: a table
}
