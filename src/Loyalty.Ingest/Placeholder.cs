namespace Loyalty.Ingest; internal static class Placeholder;
