using Loyalty.Connectors;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Loyalty.Tests.Connectors.Server;

/// <summary>A provider as its documents describe it, small enough to keep what it was told: a shop, an audience, or a box of what was sent.</summary>
/// <remarks>What it refuses, and how it says so, are its own words; what the network does is the test's.</remarks>
public abstract class LocalProvider
{
    private readonly Lock _gate = new();

    /// <summary>The kinds that speak HTTP.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["commerce7", "shopify", "mailchimp", "mandrill", "klaviyo", "sendgrid", "twilio", "webhook"];

    /// <summary>The members of a target besides kind, url and timeout.</summary>
    public abstract string Members { get; }

    public virtual bool TakesOperations => false;

    public virtual string Channel => "email";

    /// <summary>Whether the same call again leaves what one call leaves.</summary>
    public virtual bool Repeats => false;

    /// <summary>Whether it can be asked for what was sent.</summary>
    public virtual bool CanBeAsked => false;

    /// <summary>How often what a test asks for happened; more than once is a customer who notices.</summary>
    public int Effects { get; protected set; }

    /// <summary>Whether a request is the one that brings the effect about.</summary>
    public abstract bool IsEffect(SeenRequest request);

    /// <summary>What it says when the credentials are wrong.</summary>
    public abstract ScriptedAnswer Unauthorized { get; }

    /// <summary>What it says to a request that is wrong, and how that reads as an error.</summary>
    public abstract (ScriptedAnswer Answer, string Error) Refusal { get; }

    /// <summary>What it says over its limits, without a time.</summary>
    public abstract ScriptedAnswer Throttled { get; }

    /// <summary>A success by its status that is none by its body; <see langword="null"/> where the status is all there is.</summary>
    public abstract ScriptedAnswer? SuccessWithErrors { get; }

    public static LocalProvider Of(string kind) => kind switch
    {
        "commerce7" => new Commerce7(),
        "shopify" => new Shopify(),
        "mailchimp" => new Mailchimp(),
        "mandrill" => new Mandrill(),
        "klaviyo" => new Klaviyo(),
        "sendgrid" => new SendGrid(),
        "twilio" => new Twilio(),
        _ => new AnyWebhook(),
    };

    public ScriptedAnswer Answer(SeenRequest request)
    {
        lock (_gate)
        {
            return Take(request);
        }
    }

    protected abstract ScriptedAnswer Take(SeenRequest request);

    private sealed class Commerce7 : LocalProvider
    {
        private bool _isThere;
        private bool _isTagged;

        public override string Members => "\"tenant\": \"acme\", \"appId\": { \"env\": \"APP\" }, \"secret\": { \"env\": \"SECRET\" }, \"stages\": { \"Bronze\": \"tag-1\" }";

        public override bool TakesOperations => true;

        public override bool Repeats => true;

        public override ScriptedAnswer Unauthorized => ScriptedAnswer.Json("""{"statusCode":401,"type":"unauthorized","message":"Unauthorized","errors":[]}""", 401);

        public override (ScriptedAnswer, string) Refusal => (
            ScriptedAnswer.Json("""{"statusCode":400,"type":"validation","message":"Bad","errors":["The tag is for orders",{"message":"really"}]}""", 400),
            "400 Bad: The tag is for orders; really");

        public override ScriptedAnswer Throttled => ScriptedAnswer.Json("""{"statusCode":429,"type":"tooManyRequests","message":"Too many requests","errors":[]}""", 429);

        public override ScriptedAnswer SuccessWithErrors => ScriptedAnswer.Json("""{"errors":[{"message":"The tag is gone"}]}""");

        public override bool IsEffect(SeenRequest request) => request.Path.Contains("/tag/", StringComparison.Ordinal);

        protected override ScriptedAnswer Take(SeenRequest request)
        {
            if (request.Method == "GET")
            {
                return request.Path == "/customer/k1"
                    ? ScriptedAnswer.Json(_isTagged ? """{"id":"k1","tags":[{"id":"tag-1"}]}""" : """{"id":"k1","tags":[]}""")
                    : ScriptedAnswer.Json(_isThere ? """{"customers":[{"id":"k1","emails":[{"email":"ann@example.com"}]}],"total":1}""" : """{"customers":[],"total":0}""");
            }

            if (IsEffect(request))
            {
                if (_isTagged)
                {
                    return ScriptedAnswer.Json("""{"statusCode":422,"message":"has the tag already"}""", 422);
                }

                _isTagged = true;
                Effects++;
                return new ScriptedAnswer(200, "{}");
            }

            if (_isThere)
            {
                return ScriptedAnswer.Json("""{"statusCode":422,"message":"the e-mail is taken"}""", 422);
            }

            _isThere = true;
            return ScriptedAnswer.Json("""{"id":"k1"}""");
        }
    }

    private sealed class Shopify : LocalProvider
    {
        private bool _isThere;
        private bool _isTagged;

        public override string Members => "\"token\": { \"env\": \"SECRET\" }, \"stages\": { \"Bronze\": \"tier-bronze\" }";

        public override bool TakesOperations => true;

        public override bool Repeats => true;

        public override ScriptedAnswer Unauthorized => ScriptedAnswer.Json("""{"errors":"[API] Invalid API key or access token"}""", 401);

        public override (ScriptedAnswer, string) Refusal => (
            ScriptedAnswer.Json("""{"errors":[{"message":"Access denied for tagsAdd field.","extensions":{"code":"ACCESS_DENIED"}}]}"""),
            "200 ACCESS_DENIED Access denied for tagsAdd field.");

        public override ScriptedAnswer Throttled => ScriptedAnswer.Json("""{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]}""");

        public override ScriptedAnswer SuccessWithErrors =>
            ScriptedAnswer.Json("""{"data":{"tagsAdd":{"node":null,"userErrors":[{"field":["id"],"message":"Customer does not exist"}]}}}""");

        public override bool IsEffect(SeenRequest request) => request.Text.Contains("tagsAdd", StringComparison.Ordinal);

        protected override ScriptedAnswer Take(SeenRequest request)
        {
            if (request.Text.Contains("customerByIdentifier", StringComparison.Ordinal))
            {
                return ScriptedAnswer.Json(_isThere
                    ? """{"data":{"customerByIdentifier":{"id":"gid://shopify/Customer/7","defaultEmailAddress":{"emailAddress":"ann@example.com"}}}}"""
                    : """{"data":{"customerByIdentifier":null}}""");
            }

            if (request.Text.Contains("customerSet", StringComparison.Ordinal))
            {
                _isThere = true;
                return ScriptedAnswer.Json("""{"data":{"customerSet":{"customer":{"id":"gid://shopify/Customer/7"},"userErrors":[]}}}""");
            }

            Effects += _isTagged ? 0 : 1;
            _isTagged = true;
            return ScriptedAnswer.Json("""{"data":{"tagsAdd":{"node":{"id":"gid://shopify/Customer/7"},"userErrors":[]}}}""");
        }
    }

    private sealed class Mailchimp : LocalProvider
    {
        private bool _isThere;
        private bool _isTagged;

        public override string Members => "\"key\": { \"env\": \"SECRET\" }, \"list\": \"l1\", \"stages\": { \"Bronze\": \"tier-bronze\" }";

        public override bool TakesOperations => true;

        public override bool Repeats => true;

        public override ScriptedAnswer Unauthorized => Problem(401, "API Key Invalid", "Your API key may be invalid.");

        public override (ScriptedAnswer, string) Refusal => (Problem(400, "Invalid Resource", "The tag name is too long."), "400 The tag name is too long.");

        public override ScriptedAnswer Throttled => new(403, "<html><body>Forbidden</body></html>");

        public override ScriptedAnswer SuccessWithErrors => ScriptedAnswer.Json("""{"detail":"not done","errors":[{"field":"tags","message":"unknown"}]}""");

        public override bool IsEffect(SeenRequest request) => request.Path.EndsWith("/tags", StringComparison.Ordinal);

        protected override ScriptedAnswer Take(SeenRequest request)
        {
            if (IsEffect(request))
            {
                Effects += _isTagged ? 0 : 1;
                _isTagged = true;
                return new ScriptedAnswer(204);
            }

            _isThere |= request.Method == "PUT";
            return _isThere
                ? ScriptedAnswer.Json("""{"id":"257c57037d384ae37ea27a07e8a01665","email_address":"ann@example.com","status":"transactional"}""")
                : Problem(404, "Resource Not Found", "The requested resource could not be found.");
        }

        private static ScriptedAnswer Problem(int status, string title, string detail) => new(
            status, new JsonObject { ["type"] = "about:blank", ["title"] = title, ["status"] = status, ["detail"] = detail, ["instance"] = "1" }.ToJsonString())
        {
            Headers = new Dictionary<string, string> { ["Content-Type"] = "application/problem+json" },
        };
    }

    private sealed class Mandrill : LocalProvider
    {
        private readonly List<string> _keys = [];

        public override string Members => "\"key\": { \"env\": \"SECRET\" }, \"from\": \"club@winery.example\"";

        public override bool CanBeAsked => true;

        public override ScriptedAnswer Unauthorized => Error(401, -1, "Invalid_Key", "Invalid API key");

        public override (ScriptedAnswer, string) Refusal => (Error(402, 10, "PaymentRequired", "pay first"), "402 PaymentRequired pay first");

        public override ScriptedAnswer Throttled => Error(429, -1, "RequestLimitExceeded", "slow down");

        public override ScriptedAnswer SuccessWithErrors => Error(200, -2, "ValidationError", "no sender");

        public override bool IsEffect(SeenRequest request) => request.Path.EndsWith("/messages/send", StringComparison.Ordinal);

        protected override ScriptedAnswer Take(SeenRequest request)
        {
            if (IsEffect(request))
            {
                Effects++;
                _keys.Add(request.Json.GetProperty("message").GetProperty("metadata").GetProperty("key").GetString()!);
                return ScriptedAnswer.Json($$"""[{"email":"ann@example.com","status":"sent","_id":"i{{_keys.Count}}"}]""");
            }

            var query = request.Json.GetProperty("query").GetString()!;
            var found = _keys.Select(static (key, n) => (Key: key, Id: $"i{n + 1}")).Where(s => query == $"u_key:\"{s.Key}\"");
            return ScriptedAnswer.Json(new JsonArray(
                [.. found.Select(static s => (JsonNode)new JsonObject { ["_id"] = s.Id, ["metadata"] = new JsonObject { ["key"] = s.Key } })]).ToJsonString());
        }

        private static ScriptedAnswer Error(int status, int code, string name, string message) =>
            ScriptedAnswer.Json(new JsonObject { ["status"] = "error", ["code"] = code, ["name"] = name, ["message"] = message }.ToJsonString(), status);
    }

    private sealed class Klaviyo : LocalProvider
    {
        private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

        public override string Members => "\"key\": { \"env\": \"SECRET\" }";

        public override bool Repeats => true;

        public override ScriptedAnswer Unauthorized => Error(401, "not_authenticated", "Authentication credentials were not provided.", "Missing key.");

        public override (ScriptedAnswer, string) Refusal => (Error(400, "invalid", "Invalid input.", "The profile has no address."), "400 Invalid input. The profile has no address.");

        public override ScriptedAnswer Throttled => Error(429, "throttled", "Request was throttled.", "Try again later.");

        public override ScriptedAnswer SuccessWithErrors => Error(200, "invalid", "Invalid input.", "Not taken.");

        public override bool IsEffect(SeenRequest request) => request.Path == "/api/events";

        protected override ScriptedAnswer Take(SeenRequest request)
        {
            Effects += _ids.Add(request.Json.GetProperty("data").GetProperty("attributes").GetProperty("unique_id").GetString()!) ? 1 : 0;
            return new ScriptedAnswer(202);
        }

        private static ScriptedAnswer Error(int status, string code, string title, string detail) => ScriptedAnswer.Json(
            new JsonObject { ["errors"] = new JsonArray(new JsonObject { ["id"] = "1", ["code"] = code, ["title"] = title, ["detail"] = detail }) }.ToJsonString(), status);
    }

    private sealed class SendGrid : LocalProvider
    {
        public override string Members => "\"key\": { \"env\": \"SECRET\" }, \"from\": \"club@winery.example\"";

        public override ScriptedAnswer Unauthorized => Error(401, "authorization required");

        public override (ScriptedAnswer, string) Refusal => (Error(403, "access forbidden"), "403 access forbidden");

        public override ScriptedAnswer Throttled => Error(429, "too many requests");

        public override ScriptedAnswer SuccessWithErrors => Error(200, "not taken");

        public override bool IsEffect(SeenRequest request) => request.Path == "/v3/mail/send";

        protected override ScriptedAnswer Take(SeenRequest request)
        {
            Effects++;
            return new ScriptedAnswer(202);
        }

        private static ScriptedAnswer Error(int status, string message) =>
            ScriptedAnswer.Json(new JsonObject { ["errors"] = new JsonArray(new JsonObject { ["message"] = message, ["field"] = null, ["help"] = null }) }.ToJsonString(), status);
    }

    private sealed class Twilio : LocalProvider
    {
        private readonly List<(string To, string Body)> _sent = [];

        public override string Members => "\"accountSid\": \"AC1\", \"token\": { \"env\": \"SECRET\" }, \"from\": \"+15005550006\"";

        public override string Channel => "sms";

        public override bool CanBeAsked => true;

        public override ScriptedAnswer Unauthorized => Error(401, 20003, "Authenticate");

        public override (ScriptedAnswer, string) Refusal => (Error(400, 21408, "Permission has not been enabled for the region"), "400 21408 Permission has not been enabled for the region");

        public override ScriptedAnswer Throttled => Error(429, 20429, "Too Many Requests");

        public override ScriptedAnswer? SuccessWithErrors => null;

        public override bool IsEffect(SeenRequest request) => request.Method == "POST";

        protected override ScriptedAnswer Take(SeenRequest request)
        {
            if (IsEffect(request))
            {
                var form = request.Text.Split('&').Select(static f => f.Split('=')).ToDictionary(static f => f[0], static f => Uri.UnescapeDataString(f[1]), StringComparer.Ordinal);
                _sent.Add((form["To"], form["Body"]));
                Effects++;
                return ScriptedAnswer.Json($$"""{"sid":"SM{{_sent.Count}}","status":"queued"}""", 201);
            }

            return ScriptedAnswer.Json(new JsonObject
            {
                ["messages"] = new JsonArray(
                    [.. _sent.Select(static (m, n) => (JsonNode)new JsonObject { ["sid"] = string.Create(CultureInfo.InvariantCulture, $"SM{n + 1}"), ["to"] = m.To, ["body"] = m.Body })]),
            }.ToJsonString());
        }

        private static ScriptedAnswer Error(int status, int code, string message) =>
            ScriptedAnswer.Json(new JsonObject { ["code"] = code, ["message"] = message, ["status"] = status }.ToJsonString(), status);
    }

    private sealed class AnyWebhook : LocalProvider
    {
        public override string Members => "\"secret\": { \"env\": \"SECRET\" }";

        public override bool TakesOperations => true;

        public override ScriptedAnswer Unauthorized => ScriptedAnswer.Json("""{"message":"who are you"}""", 401);

        public override (ScriptedAnswer, string) Refusal => (ScriptedAnswer.Json("""{"message":"no such stage"}""", 422), "422 no such stage");

        public override ScriptedAnswer Throttled => new(429, "slow down");

        public override ScriptedAnswer? SuccessWithErrors => null;

        public override bool IsEffect(SeenRequest request) => true;

        protected override ScriptedAnswer Take(SeenRequest request)
        {
            Effects++;
            return new ScriptedAnswer(200, "taken");
        }
    }
}
