namespace Loyalty.Postgres; internal static class Placeholder;
