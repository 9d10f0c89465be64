"""The employer's console: inbox, vacancies, fairs, team. It joins employers, fairs and intents."""
