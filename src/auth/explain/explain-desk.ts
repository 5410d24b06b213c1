import { explanationText } from './explanation-text.ts'
import type { Explanation } from './explanation.ts'
import type { TokenExplainer } from './token-explainer.ts'
import { readTokenQuestion } from './token-question.ts'

/** What becomes of a question that came as a form. */
export type DeskAnswer =
  | { readonly kind: 'explained'; readonly allowed: boolean; readonly text: string; readonly explanation: Explanation }
  /** What is wrong with the form. */
  | { readonly kind: 'fault'; readonly text: string }
  | { readonly kind: 'busy' }

/** An explanation may wait for the authorization server; more than these at a time are sent away. */
const CONCURRENT_MAX = 4

/** Answers questions about tokens, of the command line and of the admin port. */
export class ExplainDesk {
  readonly #explainer: Pick<TokenExplainer, 'explain'>
  readonly #listener: string
  #running = 0

  /** `listener` is meant where a question names none. */
  constructor(explainer: Pick<TokenExplainer, 'explain'>, listener: string) {
    this.#explainer = explainer
    this.#listener = listener
  }

  /** Rejects for a fault of ours only. */
  async answer(form: URLSearchParams): Promise<DeskAnswer> {
    const question = readTokenQuestion(form, this.#listener)
    if (typeof question === 'string') return { kind: 'fault', text: question }
    if (this.#running >= CONCURRENT_MAX) return { kind: 'busy' }
    this.#running++
    try {
      const explanation = await this.#explainer.explain(question)
      return { kind: 'explained', allowed: explanation.allowed, text: explanationText(explanation), explanation }
    } finally {
      this.#running--
    }
  }
}
