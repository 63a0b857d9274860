// Where two machines with one key are, in words: addresses, with ports only where nothing else tells them apart.
import { expect, test } from 'vitest'
import { placesInWords } from '../../../src/base/places.ts'

test.each([
  [['10.50.0.7:9238', '10.50.0.3:9238'], '10.50.0.7 and 10.50.0.3'],
  [['127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:1'], '127.0.0.1:1 and 127.0.0.1:2'],
  [['10.0.0.7:9238, 10.1.0.7:9238', '10.0.0.3:9238'], '10.0.0.7, 10.1.0.7 and 10.0.0.3'],
  [['[fd00::7]:9238', '[fd00::3]:9238'], 'fd00::7 and fd00::3'],
])('%s', (places, said) => {
  expect(placesInWords(places)).toBe(said)
})
