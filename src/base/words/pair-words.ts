// Six words that two nodes' screens show alike: what two people compare by voice before they trust each other's keys.
import { blake3 } from '../hash.ts'

/** 48 bits: to find a second key with the same words, an attacker tries 2^48 keys for this one pair. */
const WORDS_SHOWN = 6
const CONTEXT = 'karo-pair-words-v1'

/** 256 short words that are told apart by ear; their order is part of what nodes agree on, so it never changes. */
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

/** The words of two Ed25519 keys of 32 bytes each, in either order. */
export function pairWords(one: Uint8Array, other: Uint8Array): readonly string[] {
  const keys = [one, other].sort(Buffer.compare)
  const digest = blake3([CONTEXT, ...keys], WORDS_SHOWN)
  return Array.from(digest, (byte) => WORDS[byte] as string)
}
