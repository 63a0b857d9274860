// Descriptions of fish's own commands, which other shells lack or use for something else.
import type { OwnTool } from './own-tool.ts'

export const FISH_TOOLS: Readonly<Record<string, OwnTool>> = {
  set: {
    does: 'Sets, shows or removes a variable',
    options: {
      '-x --export': 'hands it on to the programs started from here', '-u --unexport': 'no longer hands it on', '-g --global': 'in all of this shell', '-U --universal': 'kept for ever, in every fish',
      '-l --local': 'only in this block', '-f --function': 'only in this function', '-e --erase': 'removes it', '-q --query': 'only asks whether it is set', '-a --append': 'adds the values behind those it has',
      '-p --prepend': 'adds the values in front of those it has', '-n --names': 'shows names only', '-S --show': 'shows everything about it', '-L --long': 'does not shorten long values', '--path': 'a list written with colons',
    },
    operands: ['the variable', 'a value of it'],
  },
  abbr: { does: 'Makes an abbreviation that is written out while you type', options: { '-a --add': 'makes it', '-e --erase': 'removes it', '-s --show': 'shows all', '-l --list': 'lists the names' }, operands: ['the abbreviation', 'what it stands for'] },
  alias: { does: 'Defines a function that runs another command', options: { '-s --save': 'keeps it for later shells' }, operands: ['the name', 'the command'] },
  string: { does: 'Works on text: matches, replaces, splits, joins' },
  math: { does: 'Calculates', operands: ['what to calculate'] },
  count: { does: 'Says how many arguments it was given', operands: ['an argument'] },
  contains: { does: 'Asks whether a word is in a list', options: { '-i --index': 'says where' }, operands: ['the word', 'a word of the list'] },
  status: { does: 'Says how this shell runs' },
  functions: { does: 'Shows or removes functions', options: { '-e --erase': 'removes them', '-n --names': 'names only', '-c --copy': 'copies one', '-q --query': 'only asks whether they exist' }, operands: ['the function'] },
  funced: { does: 'Opens a function in the editor', operands: ['the function'] },
  funcsave: { does: 'Keeps a function for later shells', operands: ['the function'] },
} // biome-ignore format: a compact table
