package auth

import "shopflow.dev/shopflow/internal/problem"

func unauthenticated() error {
	return problem.Errorf(problem.Unauthenticated, "These credentials are invalid or have expired")
}

func signInFailed() error {
	return problem.Errorf(problem.SignInFailed, "The e-mail address or the password is wrong")
}

func noUser() error { return problem.Errorf(problem.NotFound, "There is no such user") }

func noToken() error { return problem.Errorf(problem.NotFound, "There is no such token") }

func emailTaken() error {
	return problem.Errorf(problem.UserConflict, "An account with this e-mail address already exists")
}

func lastAdmin() error {
	return problem.Errorf(problem.LastAdministrator, "This is the last administrator; create another one first")
}
