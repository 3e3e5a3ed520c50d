import { ask, type Query } from './query.js'
import type { Need } from './relevance.js'

/** All of these must be held, `skills` being a filter; the levels are of concepts. */
function askSkills(skills: string, levels: Record<string, number>): Query {
  const need: Need = { skills: Object.keys(levels), levels }
  return { kind: 'skills with levels', send: { skills }, need }
}

/** One skill in free text, with a level it must have. */
function askLevel(q: string, id: string, level: number): Query {
  const need: Need = { skills: [id], levels: { [id]: level } }
  return ask('skills with levels', q, need, { min_level: level })
}

function askBoth(q: string, ...skills: string[]): Query {
  return ask('skill + skill', q, { skills })
}

function askThere(q: string, skill: string, city: string): Query {
  return ask('skill + city', q, { skills: [skill], city })
}

/** Queries for several things at once. */
export const SEVERAL: readonly Query[] = [
  askSkills('python:4,rust', { python: 4, rust: 1 }),
  askSkills('javascript:3', { javascript: 3 }),
  askSkills('kubernetes:4', { kubernetes: 4 }),
  askSkills('c++:3,python:2', { 'c++': 3, python: 2 }),
  askSkills('C#', { 'c#': 1 }),
  askSkills('machine learning:4', { 'machine learning': 4 }),
  askSkills('postgres:3', { postgresql: 3 }),
  askSkills('react:3,typescript:3', { react: 3, typescript: 3 }),
  askSkills('docker:2,linux:4', { docker: 2, linux: 4 }),
  askSkills('golang:3', { go: 3 }),
  askSkills('julia', { julia: 1 }),
  askSkills('k8s:3,docker:3', { kubernetes: 3, docker: 3 }),
  askSkills('photoshop,photography:3', { photoshop: 1, photography: 3 }),
  askSkills('html:2,css:2,javascript:2', { html: 2, css: 2, javascript: 2 }),
  askLevel('python', 'python', 4),
  askLevel('js', 'javascript', 3),
  askLevel('music theory', 'music theory', 2),
  askLevel('c', 'c', 3),

  askBoth('python django', 'python', 'django'),
  askBoth('react typescript', 'react', 'typescript'),
  askBoth('docker kubernetes', 'docker', 'kubernetes'),
  askBoth('guitar piano', 'guitar', 'piano'),
  askBoth('java spring boot', 'java', 'spring boot'),
  askBoth('machine learning pytorch', 'machine learning', 'pytorch'),
  askBoth('linux networking', 'linux', 'computer networking'),
  askBoth('html css javascript', 'html', 'css', 'javascript'),
  askBoth('photography photoshop', 'photography', 'photoshop'),
  askBoth('arduino electronics', 'arduino', 'electronics'),
  askBoth('postgres pandas', 'postgresql', 'pandas'),
  askBoth('c++ python', 'c++', 'python'),
  askBoth('rust linux', 'rust', 'linux'),
  askBoth('german translation', 'german', 'translation'),
  askBoth('maths physics', 'mathematics', 'physics'),
  askBoth('js ts', 'javascript', 'typescript'),
  askBoth('project management accounting', 'project management', 'accounting'),

  askThere('python berlin', 'python', 'Berlin'),
  askThere('javascript london', 'javascript', 'London'),
  askThere('java paris', 'java', 'Paris'),
  askThere('docker madrid', 'docker', 'Madrid'),
  askThere('javascript sao paulo', 'javascript', 'São Paulo'),
  askThere('São Paulo python', 'python', 'São Paulo'),
  askThere('java munchen', 'java', 'München'),
  askThere('python москва', 'python', 'Москва'),
  askThere('new york html', 'html', 'New York'),
  askThere('react london', 'react', 'London'),
  askThere('linux berlin', 'linux', 'Berlin'),
  askThere('guitar london', 'guitar', 'London'),
  askThere('c++ london', 'c++', 'London'),
  askThere('machine learning berlin', 'machine learning', 'Berlin'),
  askThere('carpentry london', 'carpentry', 'London'),
  askThere('San Francisco kubernetes', 'kubernetes', 'San Francisco'),
  askThere('postgres london', 'postgresql', 'London'),
]
