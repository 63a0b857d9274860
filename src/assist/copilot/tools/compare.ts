// What is known of the tools that compare, join and split files.
import type { OwnTool } from './own-tool.ts'

export const COMPARE: Readonly<Record<string, OwnTool>> = {
  diff: {
    does: 'Compares two files or directories, and shows how they differ',
    options: {
      '-u --unified': 'unified format with context lines, as in patches',
      '-c --context': 'context format',
      '-r --recursive': 'compares all files of two directories recursively',
      '-q --brief': 'only whether files differ, with their names',
      '-y --side-by-side': 'side by side',
      '-i --ignore-case': 'ignores differences in case',
      '-w --ignore-all-space': 'ignores whitespace',
      '-b --ignore-space-change': 'ignores changes in the amount of whitespace',
      '-B --ignore-blank-lines': 'ignores changes that are blank lines',
      '-N --new-file': 'treats missing files as empty',
      '--color =?when': 'colours the output',
      '--strip-trailing-cr': 'ignores carriage returns at line ends',
      '-a --text': 'treats all files as text',
      '-x --exclude =pattern': 'leaves out files that match this pattern',
      '-s --report-identical-files': 'reports when two files are identical',
      '-d --minimal': 'finds the smallest set of changes',
    },
    operands: ['the old file', 'the new file'],
  },
  comm: {
    does: 'Compares two sorted files line by line: lines in one of them, and lines in both',
    options: {
      '-1': 'without lines that are only in the first file',
      '-2': 'without lines that are only in the second file',
      '-3': 'without lines that are in both files',
      '-12': 'only lines that are in both files',
      '-23': 'only lines that are in the first file',
      '-13': 'only lines that are in the second file',
      '--check-order': 'checks that the files are sorted',
      '--total': 'prints a summary',
    },
    operands: ['the first file', 'the second file'],
  },
  cmp: {
    does: 'Compares two files byte by byte',
    options: {
      '-s --silent --quiet': 'prints nothing; the exit code says whether they differ',
      '-l --verbose': 'prints every byte that differs',
      '-n --bytes =number': 'compares at most this many bytes',
      '-b --print-bytes': 'prints the bytes that differ',
    },
    operands: ['the first file', 'the second file'],
  },
  join: {
    does: 'Joins the lines of two sorted files that have the same field',
    options: {
      '-1 =field': 'joins on this field of the first file',
      '-2 =field': 'joins on this field of the second file',
      '-t =character': 'the field separator',
      '-a =number': 'also prints lines of this file that have no partner',
      '-v =number': 'prints only lines of this file that have no partner',
      '-o =format': 'the fields of the output',
      '-i --ignore-case': 'ignores case',
    },
    operands: ['the first file', 'the second file'],
  },
  paste: {
    does: 'Puts the lines of several files side by side, in columns',
    options: {
      '-d --delimiters =list': 'the delimiters between columns, instead of tabs',
      '-s --serial': 'joins all lines of a file into one',
    },
    operands: ['the file'],
  },
  patch: {
    does: 'Applies the changes of a diff to files',
    options: {
      '-p --strip =number': 'removes this number of leading directories from file names',
      '-R --reverse': 'reverses the patch: takes its changes back',
      '-i --input =file': 'reads the patch from this file',
      '-d --directory =directory': 'changes to this directory first',
      '-b --backup': 'makes a backup of each file',
      '-o --output =file': 'writes the result to this file',
      '--dry-run': 'dry run: only prints what would happen',
      '-N --forward': 'ignores patches that seem to be applied already',
    },
    operands: ['the file', 'the patch'],
  },
  split: {
    does: 'Splits a file into pieces',
    options: {
      '-b --bytes =size': 'pieces of this size in bytes',
      '-l --lines =number': 'pieces with this number of lines',
      '-n --number =pieces': 'this number of pieces',
      '-C --line-bytes =size': 'whole lines up to this size for each piece',
      '-d --numeric-suffixes': 'suffixes of numbers instead of letters',
      '-a --suffix-length =number': 'the length of the suffixes',
      '--additional-suffix =suffix': 'a further suffix, such as a file extension',
    },
    operands: ['the file', 'the prefix of the names of the pieces'],
  },
}
