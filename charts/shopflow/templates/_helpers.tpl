{{- define "shopflow.labels" -}}
app.kubernetes.io/name: shopflow
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}

{{- define "shopflow.selector" -}}
app.kubernetes.io/name: shopflow
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "shopflow.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "shopflow.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "shopflow.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: {{ . }}}
  periodSeconds: 1
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /healthz, port: {{ . }}}
  periodSeconds: 10
  failureThreshold: 3
readinessProbe:
  httpGet: {path: /readyz, port: {{ . }}}
  periodSeconds: 2
{{- end }}

{{- define "shopflow.publicURL" -}}
{{- $usual := or (and (eq .Values.scheme "http") (eq (int .Values.port) 80)) (and (eq .Values.scheme "https") (eq (int .Values.port) 443)) -}}
{{ .Values.scheme }}://{{ .Values.domain }}{{ if not $usual }}:{{ int .Values.port }}{{ end }}
{{- end }}

{{/* What runs before an install or upgrade and is removed after it: the weight orders it. A Job that failed stays, for its logs. */}}
{{- define "shopflow.hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}

{{- define "shopflow.adminEmail" -}}
{{- if and (not .Values.auth.firstAdminEmail) (not (contains "." .Values.domain)) }}
{{- fail (printf "set auth.firstAdminEmail: admin@%s is not an e-mail address" .Values.domain) }}
{{- end }}
{{- .Values.auth.firstAdminEmail | default (printf "admin@%s" .Values.domain) }}
{{- end }}

{{/* A disruption, such as a node that is drained, takes one pod of a component at a time: (dict "root" . "component" NAME). */}}
{{- define "shopflow.disruptionBudget" -}}
{{- if gt (int (index .root.Values .component).replicas) 1 }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: shopflow-{{ .component }}
  labels: {{- include "shopflow.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{- include "shopflow.selector" . | nindent 6 }}
{{- end }}
{{- end }}
