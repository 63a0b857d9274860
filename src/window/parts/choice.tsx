// One of several values, with the words beside it.

interface ChoiceProps<Value> {
  readonly label: string
  readonly value: Value
  /** Each with its words. */
  readonly choices: readonly (readonly [Value, string])[]
  readonly onChoose: (value: Value) => void
}

export const Choice = <Value extends string | number>(props: ChoiceProps<Value>) => (
  <label>
    {props.label}{' '}
    <select
      value={String(props.value)}
      onChange={({ currentTarget }) => props.onChoose(props.choices[currentTarget.selectedIndex]![0])}
    >
      {props.choices.map(([one, words]) => (
        <option key={one} value={String(one)}>
          {words}
        </option>
      ))}
    </select>
  </label>
)
