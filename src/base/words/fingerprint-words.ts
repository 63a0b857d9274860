// A fingerprint as eight words, which people read to each other more easily than sixteen hex digits.

/**
 * One word for each value of a byte. The words are short and are told apart by ear. Their order never changes, because
 * two releases of Karo have to show the same words for a key.
 */
const WORDS = `
acid acorn actor agent album alley amber anchor angle ankle apple april apron arena arrow atlas attic bacon
badge bagel baker bamboo banjo barn basil beach beard berry bishop blanket bonus border bottle bread brick
bridge bronze brush bubble bucket butter cabin cactus camel canal candle canoe carbon cargo carpet castle
cedar cello chalk cherry chess chimney cider cinema circle clover cobra coffee comet copper coral cotton
cousin cradle crayon cricket crown crystal cupcake daisy dancer desert diamond dinner doctor dolphin donkey
dragon drawer dream eagle early echo eleven ember engine exit fabric falcon farmer feather fiddle finger flute
forest fossil fountain fox freezer galaxy garden garlic giant ginger glacier globe glove goat gravel guitar
hammer harbor hazel helmet honey hotel hunter igloo island ivory jacket jaguar jelly jewel jungle kettle
kidney kitchen kitten ladder ladle lagoon lantern lemon leopard library lily lion lizard lobster lumber magnet
mango maple marble market meadow melon memory mirror monkey moose mosaic motor muffin museum napkin needle
nickel noodle novel nutmeg oasis ocean olive onion opera orange orbit orchid otter oven oyster paddle palace
panda paper parrot pasta peanut pebble pencil pepper piano pigeon pillow pilot pirate planet plaza pocket
potato prince pumpkin puzzle quartz rabbit radar radish raven ribbon river robin rocket rubber saddle saffron
sailor salmon sandal satin scarf school seven shadow shovel silver sister spider spoon stadium statue sugar
summer sunset table tailor temple thunder tiger timber tomato tower tractor tulip tunnel turtle uncle velvet
violin volcano wagon walnut walrus window winter wizard yellow yogurt zebra zipper
`
  .trim()
  .split(/\s+/)

/**
 * The words of a fingerprint of 16 hex digits: one word for each of its 8 bytes, so they encode the same 64 bits. They
 * belong to one key, never to a pair of keys: a man in the middle picks both keys that two nodes see, and would need
 * only 2^32 tries to find two pairs with the same 64 bits.
 */
export function fingerprintWords(fingerprint: string): string {
  // The page says these words too, so nothing of Node is used.
  return (fingerprint.match(/../g) ?? []).map((byte) => WORDS[Number.parseInt(byte, 16)] as string).join(' ')
}
