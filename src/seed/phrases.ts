/** What made-up people say of themselves besides their skills. */
export const OPENINGS = lines(`
  Happy to help with
  Ten years of
  I teach
  Freelance:
  Ask me about
  Learning
  At work every day:
  On weekends I build things with
  Consultant for
  Looking for people who share`)

export const FIELDS = lines(`
  Climate research
  Hospital software
  Payments and banking
  Logistics for small shops
  Video games
  Railway signalling
  Public libraries
  Satellite imagery
  Crop monitoring
  Battery chemistry
  Speech therapy
  Local journalism
  Wind farms
  Museum archives
  Protein folding
  Insurance claims
  City planning
  Music production
  Maritime navigation
  Drug discovery
  School administration
  Open source maintenance
  Network operations
  Humanitarian aid
  Semiconductor testing
  Legal translation
  Warehouse robots
  Astronomy
  Chip design
  Search and rescue
  Bicycle couriers
  Restaurant kitchens`)

export const CITIES = lines(`
  Berlin
  Amsterdam
  Lisboa
  Madrid
  Paris
  Lyon
  Milano
  Wien
  Zürich
  Praha
  Kraków
  Warszawa
  Vilnius
  Tallinn
  Helsinki
  Stockholm
  København
  Oslo
  London
  Edinburgh
  Dublin
  New York
  Toronto
  São Paulo
  Buenos Aires
  Ciudad de México
  Nairobi
  Lagos
  Cape Town
  İstanbul
  Tel Aviv
  Mumbai
  Bengaluru
  Singapore
  Seoul
  Melbourne
  Київ
  Москва
  東京
  台北`)

export const CLOSINGS = lines(`
  Weekday evenings, UTC+1.
  Paired sessions welcome.
  I share my local models with friends.
  Answers within a day.
  Beginners are welcome.
  No recruiters, please.
  Short questions get short answers.
  Mornings only.`)

/** BCP 47, the common ones first. */
export const LANGUAGES = lines(`
  en
  de
  fr
  es
  pt-BR
  ru
  zh-Hans
  ja
  pl
  uk
  it
  nl
  tr
  ar
  hi
  ko
  zh-Hant-TW`)

export const MODELS = lines(`
  llama3.1:8b
  qwen2.5:14b
  mistral:7b
  phi-4
  deepseek-r1:32b
  gemma2:9b
  llama3.3:70b
  qwen2.5-coder:32b
  whisper-large-v3
  nomic-embed-text`)

export const GPUS = lines(`
  RTX 3060
  RTX 4090
  RX 7900 XTX
  Apple M3 Max`)

function lines(text: string): string[] {
  return text.trim().split(/\s*\n\s*/)
}
