package auth

import "shopflow.dev/shopflow/internal/problem"

func unauthenticated() error {
	return problem.Errorf(problem.Unauthenticated, "The credentials are invalid or have expired. Sign in again.")
}

func signInFailed() error {
	return problem.Errorf(problem.SignInFailed, "Wrong email address or password")
}

func userNotFound() error { return problem.Errorf(problem.NotFound, "User not found") }

func tokenNotFound() error { return problem.Errorf(problem.NotFound, "Token not found") }

func emailTaken() error {
	return problem.Errorf(problem.UserConflict, "An account with this email address already exists")
}

func lastAdmin() error {
	return problem.Errorf(problem.LastAdministrator, "This is the last administrator. Create another one first.")
}
