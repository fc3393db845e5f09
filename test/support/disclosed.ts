// A text for tests of the disclosure guard.

export const SOURCE =
  'The payroll of Fabrikam for March lists forty two people and their bank accounts in three cities.';
