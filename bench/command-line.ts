import { parseArgs } from 'node:util'

/** What `npm run bench` is asked for. */
export interface BenchArguments {
  readonly help: boolean
  readonly list: boolean
  readonly quick: boolean
  readonly scenarios: readonly string[]
  /** Undefined: every peer that is installed; empty: none. */
  readonly peers: readonly string[] | undefined
  readonly target: string | undefined
  readonly jsonFile: string | undefined
  readonly htmlFile: string | undefined
  readonly repetitions: number | undefined
  readonly loaders: number
  readonly writeReadme: boolean
}

export const HELP = `npm run bench -- [options]

  --quick              a first look at the main scenarios, within 3 minutes
  --scenario NAME...   only these, by name or by how their names begin
  --peer NAME...       only these peers; "none" for guardbee alone, "relay" for the bare machine
  --target HOST:PORT   load a broker that runs already, which lets everyone in, instead of guardbee and peers
  --json FILE          write every figure
  --html FILE          write a page with charts
  --repetitions N      runs of each scenario against each broker (3; with --quick 1)
  --loaders N          processes of the load generator (1)
  --write-readme       put the tables into bench/README.md
  --list               print the names of all scenarios
`

const REPETITIONS_MAX = 100
const LOADERS_MAX = 64

/** Reads the arguments; throws with what was expected when one is wrong. Names may be separated by commas or spaces. */
export function parseBenchArguments(args: readonly string[]): BenchArguments {
  const { values } = parseArgs({
    args: withRepeatedNames(args),
    options: {
      help: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      scenario: { type: 'string', multiple: true, default: [] },
      peer: { type: 'string', multiple: true },
      target: { type: 'string' },
      json: { type: 'string' },
      html: { type: 'string' },
      repetitions: { type: 'string' },
      loaders: { type: 'string', default: '1' },
      'write-readme': { type: 'boolean', default: false },
    },
  })
  return {
    help: values.help,
    list: values.list,
    quick: values.quick,
    scenarios: names(values.scenario),
    peers: values.peer === undefined ? undefined : names(values.peer).filter(name => name !== 'none'),
    target: values.target,
    jsonFile: values.json,
    htmlFile: values.html,
    repetitions:
      values.repetitions === undefined ? undefined : count('--repetitions', values.repetitions, REPETITIONS_MAX),
    loaders: count('--loaders', values.loaders, LOADERS_MAX),
    writeReadme: values['write-readme'],
  }
}

// `--scenario a b` is `--scenario a --scenario b`.
function withRepeatedNames(args: readonly string[]): string[] {
  let option: string | undefined
  return args.flatMap((arg, index) => {
    const isValue = index > 0 && args[index - 1] === option
    if (arg.startsWith('-')) option = arg === '--scenario' || arg === '--peer' ? arg : undefined
    return option === undefined || arg.startsWith('-') || isValue ? [arg] : [option, arg]
  })
}

function names(values: readonly string[]): readonly string[] {
  return values.flatMap(value => value.split(',')).filter(name => name !== '')
}

function count(option: string, text: string, max: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= max) return value
  throw new Error(`${option} wants a whole number from 1 to ${max}, not "${text}"`)
}
