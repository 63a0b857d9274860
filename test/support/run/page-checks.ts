// What every view of the page has to be for everybody's eyes and hands, looked for in the browser itself.
import axe from 'axe-core'
import type { BrowserContext, Page } from 'playwright-core'
import { PATIENCE_MS } from './until.ts'

const SERIOUS = `axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations
  .filter(({ impact }) => impact === 'serious' || impact === 'critical')
  .map(({ id, nodes }) => id + ' ' + nodes[0].html))`
const TOO_WIDE = `document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('main *')]
  .filter((one) => one.closest('.scroll') === null && one.getBoundingClientRect().right > innerWidth)
  .map((one) => one.outerHTML.slice(0, 120))`
/** What a person may press or type into here, as it is seen now. Of a group of choices Tab meets the chosen one, and arrows the others. */
const PRESSABLE = `[...(document.querySelector('dialog[open]') ?? document).querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
  .filter((one) => !one.matches(':disabled, [type=radio]:not(:checked)') && one.tabIndex >= 0 && one.checkVisibility({ visibilityProperty: true }))`
/** Of what has the focus: nothing, or its text where one does not see that it has it. And what was never met so far. */
const MEET = `(() => { const one = document.activeElement; const { outlineStyle, boxShadow } = getComputedStyle(one)
  globalThis.met.add(one)
  const textOf = (any) => any.outerHTML.slice(0, 120)
  return { unseen: one === document.body || outlineStyle !== 'none' || boxShadow !== 'none' ? [] : [textOf(one)],
    neverMet: ${PRESSABLE}.filter((any) => !globalThis.met.has(any)).map(textOf) } })()`

/** Gives pages of the context what the checks need, and as long as any other wait has. Called before a page is opened. */
export function prepare(context: BrowserContext): Promise<unknown> {
  context.setDefaultTimeout(PATIENCE_MS)
  return context.addInitScript({ content: axe.source })
}

/**
 * What is wider than its window is looked for at every width; axe, which takes seconds, looks where most is behind one another
 * and light, and where most is shown and dark.
 */
const LOOKS = [
  ['light', 320, true],
  ['light', 1280, false],
  ['dark', 2560, true],
] as const

/** Of the view that is open: serious faults that axe finds, light and dark, and what is wider than its window at three widths. */
export async function faultsOf(page: Page): Promise<readonly string[]> {
  const found: string[] = []
  for (const [colorScheme, width, whole] of LOOKS) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 900 })
    const faults = await page.evaluate<string[]>(TOO_WIDE)
    if (whole) faults.push(...(await page.evaluate<string[]>(SERIOUS)))
    found.push(...faults.map((fault) => `${colorScheme} ${width}: ${fault}`))
  }
  await page.setViewportSize({ width: 1280, height: 900 })
  await page.emulateMedia({ colorScheme: 'light' })
  return found
}

interface Walk {
  /** What can be pressed, and Tab did not come to. */
  readonly neverMet: readonly string[]
  /** What had the focus, and did not look like it. */
  readonly unseen: readonly string[]
}

export const WELL_WALKED: Walk = { neverMet: [], unseen: [] }

/** Presses Tab through the view, or the dialog that is open in it. What is found meanwhile comes in as well. */
export async function walkedByTab(page: Page): Promise<Walk> {
  await page.evaluate('globalThis.met = new Set()')
  const most = 20 + (await page.evaluate<number>(`${PRESSABLE}.length`)) * 2
  const unseen: string[] = []
  let neverMet: readonly string[] = []
  for (let presses = 0; presses < most; presses++) {
    await page.keyboard.press('Tab')
    const met = await page.evaluate<Walk>(MEET)
    unseen.push(...met.unseen)
    neverMet = met.neverMet
    if (neverMet.length === 0) break
  }
  return { neverMet, unseen }
}
