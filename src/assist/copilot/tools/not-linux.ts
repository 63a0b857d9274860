// Options that @withfig/autocomplete describes as macOS has them, and that mean something else on Linux, or nothing.

/**
 * By tool. Found by a comparison with `TOOL --help` of Debian 12, and by the meanings of the options in its manual pages
 * (coreutils, findutils, sed, file, procps, psmisc, man-db).
 */
const OPTIONS: Readonly<Record<string, string>> = {
  base64: '--break -b --input -i --output -o -D',
  cat: '-l',
  chmod: '-H -h -L -P',
  chown: '-n',
  cp: '-c -X',
  cut: '-w',
  date: '-d -f -j -n -r -t -v',
  df: '-b -g -m -n -T',
  du: '-g -I -r',
  env: '-P',
  file: '-D -i -I -M',
  find: '-d -E -f -s -x -X',
  fmt: '-d -l -m -n',
  grep: '--include-dir -J -bz2decompress -u --unix-byte-offsets',
  iconv: '--byte-subst --unicode-subst --widechar-subst',
  id: '-A -F -M -p -P',
  killall: '-c -d -e -help -I -m -s -t -v -z',
  ln: '-h',
  ls: '-@ -% -, -B -e -G -O -P -T -W',
  man: '-B -F --preformat -h',
  od: '-D -e -F -H -O -X',
  rm: '-P',
  sed: '-a -i -I -l',
  sort: '--heapsort --mergesort --mmap --qsort --radixsort',
  split: '-p',
  stat: '-f -F -l -n -q -r -s -t -x',
  sysctl: '-i',
  tail: '-r',
  tar: '-null',
  top: '-pid',
  touch: '-A',
  tr: '-u',
  which: '-s',
  xargs: '-J -R -S',
}

const NOT_LINUX: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(OPTIONS).map(([tool, options]) => [tool, new Set(options.split(' '))]),
)

/** The spellings that Linux has, of those that are described for one option of the tool. */
export const onLinux = (tool: string, spellings: readonly string[]): readonly string[] =>
  spellings.filter((one) => NOT_LINUX.get(tool)?.has(one) !== true)
