// What is known of the tools that show data in other formats: dumps, encodings, tables, JSON.
import type { OwnTool } from './own-tool.ts'

export const FORMATS: Readonly<Record<string, OwnTool>> = {
  od: {
    does: 'Dumps files in octal, hexadecimal or other formats',
    options: {
      '-A --address-radix =radix': 'how offsets are written: d decimal, o octal, x hexadecimal, n none',
      '-t --format =format': 'the format of the output, such as x1 for bytes in hexadecimal',
      '-c': 'characters, with escapes for what cannot be printed',
      '-x': 'hexadecimal numbers of two bytes',
      '-j --skip-bytes =bytes': 'skips this many bytes first',
      '-N --read-bytes =bytes': 'dumps at most this many bytes',
      '-v --output-duplicates': 'does not shorten duplicate lines',
    },
    operands: ['the file'],
  },
  xxd: {
    does: 'Makes a hex dump of a file, or reverses one',
    options: {
      '-r': 'reverses: makes a binary file of a hex dump',
      '-p': 'plain hex dump, without offsets and text',
      '-b': 'binary digits instead of hexadecimal ones',
      '-l =bytes': 'stops after this many bytes',
      '-s =offset': 'starts at this offset',
      '-c =bytes': 'this many bytes on each line',
      '-g =bytes': 'this many bytes in each group',
      '-i': 'as an array in C',
      '-u': 'upper-case hexadecimal digits',
    },
    operands: ['the file', 'the output file'],
  },
  strings: {
    does: 'Prints the readable text in binary files',
    options: {
      '-n --bytes =number': 'text of at least this length',
      '-t --radix =radix': 'prints the offset of each text: d decimal, o octal, x hexadecimal',
      '-a --all': 'the whole file',
      '-e --encoding =encoding': 'the encoding of characters: s 7 bits, S 8 bits, l and b 16 bits',
      '-f --print-file-name': 'prints the file name before each text',
    },
    operands: ['the file'],
  },
  base64: {
    does: 'Encodes data as base64, or decodes it',
    options: {
      '-d --decode': 'decodes base64',
      '-w --wrap =columns': 'wraps lines at this width; 0 does not wrap',
      '-i --ignore-garbage': 'ignores other characters when decoding',
    },
    operands: ['the file'],
  },
  iconv: {
    does: 'Converts text from one character encoding to another',
    options: {
      '-f --from-code =encoding': 'the encoding of the input',
      '-t --to-code =encoding': 'the encoding of the output',
      '-o --output =file': 'writes to this file',
      '-l --list': 'lists all known encodings',
      '-c': 'leaves out characters that cannot be converted',
    },
    operands: ['the file'],
  },
  jq: {
    does: 'Filters and changes JSON',
    options: {
      '-r --raw-output': 'prints strings without quotes',
      '-c --compact-output': 'compact: each result on one line',
      '-s --slurp': 'reads all inputs into one array',
      '-n --null-input': 'reads no input',
      '-e --exit-status': 'the exit code says whether the last result is false or null',
      '-S --sort-keys': 'sorts the keys of objects',
      '-R --raw-input': 'reads each line as a string instead of JSON',
      '-f --from-file =file': 'reads the filter from a file',
      '-C --color-output': 'colours the output',
      '-j --join-output': 'as -r, without newlines',
      '--tab': 'indents with tabs',
    },
    operands: ['the filter', 'the file'],
  },
  column: {
    does: 'Formats its input in columns, as a table',
    options: {
      '-t --table': 'aligns the columns as a table',
      '-s --separator =characters': 'the characters that separate the columns of the input',
      '-o --output-separator =text': 'the text between the columns of the output',
      '-c --output-width =columns': 'the width of the output',
      '-J --json': 'prints the table as JSON',
      '-N --table-columns =names': 'the names of the columns',
    },
    operands: ['the file'],
  },
}
