// PrivilegedUse: what people run by sudo, doas, su and their like, by the category of the command behind it.
import { CATEGORIES } from '../../../../base/words/dictionary.ts'
import { defineCounted } from '../counted.ts'

export const privilegedUse = defineCounted('PrivilegedUse', {
  word: 'privileged',
  meaning: 'what runs by sudo, doas or su',
  title: 'What runs by sudo, doas or su',
  action: 'query.tool_usage',
  version: 1,
  names: { are: 'category', all: CATEGORIES },
  counts: 'commands',
  take: (numbers, uids) => numbers.privilegedUse(uids),
})
