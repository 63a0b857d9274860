// Meanings of a command's name, options and subcommands, from Karo's own table, the knowledge file and manual pages.
import type { Shell } from '../risk/index.ts'
import { piecesOf } from './ask/entries.ts'
import type { Known } from './ask/index.ts'
import { concepts } from './ask/language.ts'
import type { CommandKnowledge, Knowledge, OptionKnowledge } from './knowledge.ts'
import type { Manuals } from './manuals.ts'
import type { OwnTool } from './own-tools.ts'

export interface Meaning {
  readonly text: string
  readonly source: string
}

export interface OptionMeaning extends Meaning {
  /** Name of the argument in the source; undefined for a flag. */
  readonly argument: string | undefined
  /** Whether the argument may be left out; it is then always joined to the option. */
  readonly optional: boolean
}

export interface Tool {
  readonly name: string
  readonly does: Meaning | undefined
  /** Whether its options are words with one dash, which cannot be written together. */
  readonly words: boolean
  /** An option by its spelling with dashes, from the table or the knowledge file. */
  shipped(spelling: string): OptionMeaning | undefined
  /** Like shipped, but also asks the manual page, which takes a tenth of a second. */
  option(spelling: string): Promise<OptionMeaning | undefined>
  /** The tool of one of its subcommands. */
  subcommand(word: string): Tool | undefined
  operand(index: number): Meaning | undefined
}

/** Names under which Fig describes BSD's programs; here the manual page is better. */
const BSD = new Set(
  `ls cp mv rm ln mkdir rmdir cat sed grep find xargs sort uniq date du df ps stat touch head tail wc cut tr kill od chmod
  chown uname who w top mount sysctl basename dirname fold nl paste split tee truncate id hostname cal killall pkill nc
  file less more diff lsof traceroute ping whereis which env seq shred time fdisk`.split(/\s+/),
)

export type Lexicon = ReturnType<typeof createLexicon>

export function createLexicon(knowledge: Knowledge, manuals: Manuals | undefined, shell: Shell) {
  async function tool(name: string): Promise<Tool> {
    const own = knowledge.own(name, shell)
    const fig = knowledge.command(name)
    const described = own?.does ?? fig?.d
    const source = own === undefined ? `fig ${name}` : 'karo'
    const line = described === undefined ? await manuals?.whatis(name) : undefined
    const does =
      described === undefined
        ? line && { text: capital(line.text), source: `man ${line.title}` }
        : { text: described, source }
    return makeTool({ name, does, own, path: fig === undefined ? [] : [fig] })
  }

  function makeTool(given: {
    readonly name: string
    readonly does: Meaning | undefined
    readonly own: OwnTool | undefined
    /** Knowledge about the command, then about each subcommand down to this one. */
    readonly path: readonly CommandKnowledge[]
  }): Tool {
    const { name, does, own, path } = given
    const [command = name] = name.split(' ')
    const here = path.at(-1)
    const manual = async (spelling: string): Promise<OptionMeaning | undefined> => {
      // A page takes a tenth of a second, and tells of no option without a dash.
      const page = path.length > 1 || spelling[0] !== '-' ? undefined : await manuals?.page(command)
      const found = page?.options.find(({ names }) => names.includes(spelling))
      return page && found && meaning(found.description, `man ${page.title}`, found.argument)
    }
    const shipped = (spelling: string) => ownOption(own, spelling) ?? figOption(path, spelling, `fig ${name}`)
    return {
      name,
      does,
      // If the own table lists no options, the knowledge file tells how they are written.
      words: own?.options === undefined ? path.some(({ l }) => l === 1) : own.words,
      shipped,
      option: async (spelling) =>
        BSD.has(command)
          ? (ownOption(own, spelling) ?? (await manual(spelling)) ?? shipped(spelling))
          : (shipped(spelling) ?? (await manual(spelling))),
      subcommand(word) {
        const [, known] = here?.s?.find(([names]) => names.includes(word)) ?? []
        const longer = `${name} ${word}`
        const described = knowledge.own(longer)
        if (known === undefined && described === undefined) return undefined
        const text = described?.does ?? known?.d
        const source = described === undefined ? `fig ${longer}` : 'karo'
        return makeTool({
          name: longer,
          does: text === undefined ? undefined : { text: capital(text), source },
          own: described,
          path: known === undefined ? [] : [...path, known],
        })
      },
      operand(index) {
        const mine = own?.operands
        if (mine !== undefined)
          return { text: capital(mine[Math.min(index, mine.length - 1)] as string), source: 'karo' }
        const args = here?.a
        const arg = args?.[Math.min(index, args.length - 1)]
        const isMore = args !== undefined && index >= args.length && !/…/.test(arg ?? '')
        if (arg === undefined || isMore || /^value/.test(arg)) return undefined
        const said = arg.replace(/[?…]+$/, '')
        // A synopsis spells names in capitals: UNIT.
        return {
          text: capital(/^[A-Z_-]{3,}$/.test(said) ? said.toLowerCase() : said),
          source: `fig ${name}`,
        }
      },
    }
  }
  /** What a whole line of the tool does, in the words with which people ask for it; undefined unless Karo's knowledge has this very line. */
  function whole(name: string, line: string): Meaning | undefined {
    const index = knowledge.ask()
    const said = index
      .find(new Set(concepts(line)), name)
      .flatMap(({ known }) => saidOf(known, line) ?? [])
      .sort((a, b) => b.plain - a.plain)[0]
    return said && { ...said, text: capital(said.text) }
  }

  /** Says how to see examples of the tool; undefined if Karo has none. */
  const examples = (name: string): Meaning | undefined =>
    knowledge.ask().isTool(name)
      ? { text: `Karo has examples of it: karo explain ${name}`, source: 'karo' }
      : undefined

  return {
    tool,
    whole,
    examples,
    /** What a sign or word of the shell's own means, by its kind and spelling: `keyword if`, `operator &&`, `variable HOME`. */
    sign: (name: string) => knowledge.own(name, shell)?.does,
  }
}

/** The first wording of the entry, with the words of the line in its slots; undefined unless the line is the entry's command. */
function saidOf({ command, says: [said = ''], source }: Known, line: string) {
  const pieces = piecesOf(command.replace(/^sudo /, ''))
  const slots = pieces.flatMap((piece) => (typeof piece === 'string' ? [] : piece[1]))
  const form = pieces.map((piece) =>
    typeof piece === 'string'
      ? piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      : `('[^']*'|"[^"]*"|[^\\s'"-][^\\s'"]*)`,
  )
  const given = new RegExp(`^${form.join('')}$`).exec(line)
  if (given === null) return undefined
  const text = piecesOf(said.replace(/^[\w-]+: /, '')).map((piece) =>
    typeof piece === 'string' ? piece : given[1 + slots.indexOf(piece[1])],
  )
  return {
    text: text.join(''),
    source,
    plain: pieces.filter((piece) => typeof piece === 'string').join('').length,
  }
}

function meaning(text: string, source: string, argument: string | undefined): OptionMeaning {
  return {
    text: capital(text),
    source,
    argument: argument?.replace(/[?…]+$/, ''),
    optional: argument !== undefined && /[?]$/.test(argument),
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

function ownOption(own: OwnTool | undefined, spelling: string): OptionMeaning | undefined {
  // Signals may be written in small letters (`kill -hup`). No other name of three letters or more is in capitals.
  const signal = /\w{3}/.test(spelling) ? spelling.toUpperCase() : spelling
  const found = own?.options?.find(({ names }) => names.includes(spelling) || names.includes(signal))
  return found && meaning(found.does, 'karo', found.argument)
}

/** Looks an option up in the innermost subcommand first, then in those around it. */
function figOption(
  path: readonly CommandKnowledge[],
  spelling: string,
  source: string,
): OptionMeaning | undefined {
  const spelled = ({ n }: OptionKnowledge) => n.some((name) => name === spelling || name === `${spelling}=`)
  for (const command of path.toReversed()) {
    const found = command.o?.find(spelled)
    // An option letter without description is explained by its long name.
    const long = found?.n.find((name) => name.startsWith('--'))
    const text = found?.d ?? long?.replace(/^-+/, '').replaceAll('-', ' ').replace(/=$/, '')
    if (text !== undefined) return meaning(text, source, found?.a)
  }
  return undefined
}
