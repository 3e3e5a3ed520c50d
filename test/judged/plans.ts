/** Things that some people have together, by plan: chance alone would leave rare wishes unanswered. */
export interface Plan {
  readonly skills: readonly string[]
  readonly city?: string
  readonly topic?: string
}

/** People who follow each plan. */
const FOLLOWERS = 5

const PLANS: readonly Plan[] = [
  { skills: ['kubernetes', 'postgresql'], city: 'Berlin' },
  { skills: ['python', 'django'] },
  { skills: ['python', 'rust'] },
  { skills: ['rust', 'linux'] },
  { skills: ['python'], city: 'São Paulo' },
  { skills: ['java'], city: 'München' },
  { skills: ['java'], city: 'Paris' },
  { skills: ['docker'], city: 'Madrid' },
  { skills: ['html'], city: 'New York' },
  { skills: ['machine learning'], city: 'Berlin' },
  { skills: ['chess'], city: 'London' },
  { skills: ['carpentry'], city: 'London' },
  { skills: ['german', 'english', 'translation'] },
  { skills: ['data engineering', 'apache kafka'] },
  { skills: ['data science', 'python'] },
  { skills: ['javascript'], topic: 'hospitals' },
  { skills: ['javascript'], topic: 'startups' },
  { skills: ['python'], topic: 'insurance' },
  { skills: ['python'], topic: 'satellites' },
  { skills: ['poker', 'chess'] },
  { skills: ['beekeeping', 'gardening'] },
]

/** The plan that the person with this index follows, if any; followers are spread over all people. */
export function planOf(index: number, people: number): Plan | undefined {
  const step = Math.floor(people / (PLANS.length * FOLLOWERS))
  return step > 0 && index % step === 0 ? PLANS[(index / step) % PLANS.length] : undefined
}
